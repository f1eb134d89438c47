"""The receiver kit: fires at a partner's webhook endpoint what the world will, and says what to repair."""
