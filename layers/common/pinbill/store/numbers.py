"""What finds a number or a mandate without naming it: the only place that knows the keyed hashes."""

import base64
import hashlib
import hmac
from collections.abc import Callable

from pinbill.domain.msisdn import Msisdn

FINGERPRINT_DIGITS = 32
MANDATE_BYTES = 12
OF_MANDATE, OF_ADDRESS, OF_REQUEST = "mandate:", "address:", "request:"  # begin no number: one key serves all


class Numbers:
    """Keyed, because a hash of a number alone is undone by trying all numbers. The key is fetched at the first use and
    kept; every method raises what the fetching raises."""

    def __init__(self, number_key: Callable[[], bytes]) -> None:
        self._fetch = number_key
        self._key: bytes | None = None

    def fingerprint(self, msisdn: Msisdn) -> str:
        """128 bits of HMAC-SHA256 in hex."""
        return self._hmac(msisdn.e164).hex()[:FINGERPRINT_DIGITS]

    def of_mandate(self, reference: str) -> str:
        """96 bits, in 16 characters."""
        return base64.urlsafe_b64encode(self._hmac(OF_MANDATE + reference)[:MANDATE_BYTES]).decode()

    def of_request(self, key_hash: str) -> str:
        """128 bits in hex: the key of a request may have been made of a number."""
        return self._hmac(OF_REQUEST + key_hash).hex()[:FINGERPRINT_DIGITS]

    def cell_of(self, address: str, cells: int) -> int:
        """Which of so many cells an IP address falls into."""
        return int.from_bytes(self._hmac(OF_ADDRESS + address)[:8]) % cells

    def _hmac(self, text: str) -> bytes:
        if self._key is None:
            self._key = self._fetch()
        return hmac.new(self._key, text.encode(), hashlib.sha256).digest()
