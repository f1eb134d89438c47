"""Adapters from HTTP, schedule and queue to the use cases."""
