"""What the use cases need from the world; adapters implement these, tests fake them."""
