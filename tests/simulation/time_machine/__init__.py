"""The time machine: years of many subscriptions on the shipped use cases, under a virtual clock, in minutes.

Where `tests.simulation` looks for the one interleaving that goes wrong, this plays ordinary life at scale, and asks at
the end: has every period exactly one outcome, and does the provider's ledger say the same as ours?
"""
