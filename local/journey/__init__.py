"""The journey of the README, told by a partner's client, a user's handset and the providers' ledger."""

from local.journey.story import Story, tell

__all__ = ["Story", "tell"]
