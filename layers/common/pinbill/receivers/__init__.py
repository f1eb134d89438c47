"""Partners' webhook endpoints: where they may be, and one signed exchange with them."""
