"""How mobile numbers are kept: the only place that knows what is stored in a number's stead."""

import hashlib
import hmac
from collections.abc import Callable

from pinbill.domain.msisdn import Msisdn

FINGERPRINT_DIGITS = 32


class Numbers:
    """Fingerprints find a number, sealed forms give it back. The key is fetched at the first use and kept."""

    def __init__(self, number_key: Callable[[], bytes]) -> None:
        self._fetch = number_key
        self._key: bytes | None = None

    def fingerprint(self, msisdn: Msisdn) -> str:
        """128 bits of HMAC-SHA256 in hex. Keyed, because a hash of a number alone is undone by trying all numbers.

        Raises what the fetching of the key raises.
        """
        if self._key is None:
            self._key = self._fetch()
        return hmac.new(self._key, msisdn.e164.encode(), hashlib.sha256).hexdigest()[:FINGERPRINT_DIGITS]

    def seal(self, msisdn: Msisdn) -> str:
        """The form in which a subscription keeps its number; for now the number itself."""
        return msisdn.e164

    def open(self, sealed: str) -> Msisdn:
        return Msisdn(sealed)
