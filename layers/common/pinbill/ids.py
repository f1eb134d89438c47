"""New ids: of subscriptions, and of those who claim a payment."""

import secrets
import time


class RandomIds:
    """The Ids port. Drawn at each call and never at import: environments restored from one snapshot must differ."""

    def subscription(self) -> str:
        """24 hexadecimal digits: seconds first, so that ids sort by age, then 64 random bits."""
        return f"{int(time.time()):08x}{secrets.token_hex(8)}"

    def owner(self) -> str:
        return secrets.token_hex(8)
