"""One module per operation, and the ports that they need."""
