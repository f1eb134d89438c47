"""Who is calling: from an API key to a partner and what it may do."""

from dataclasses import dataclass
from hmac import compare_digest

from pinbill.domain.allowances import Allowance
from pinbill.domain.key_text import KeyText
from pinbill.domain.partners import ApiScope, Partner, Standing
from pinbill.errors import ApiKeyNotFound, Unauthenticated
from pinbill.usecases.ports.catalog import Partners
from pinbill.usecases.ports.time_and_ids import Clock


@dataclass(frozen=True, slots=True)
class Caller:
    """A partner, by one of its keys. A suspended one has only the scopes that it keeps."""

    partner: str
    key_id: str
    scopes: frozenset[ApiScope]
    suspended: bool
    allowance: Allowance


@dataclass(frozen=True, slots=True)
class Authorize:
    """`clock` tells the real time: a test stage's own may be moved, and keys would end by it. `allowance` is that of
    partners who have none of their own."""

    partners: Partners
    clock: Clock
    stage: str
    allowance: Allowance

    def __call__(self, text: str | None) -> Caller:
        """Whose live key this is. Raises Unauthenticated; why is for our log, and names no key but by its id."""
        key = KeyText.parse(text or "")
        if key is None:
            raise Unauthenticated("no key, or none of ours by its form and checksum")
        if key.stage != self.stage:
            raise Unauthenticated(f"a key of the stage {key.stage}")
        partner = self.partners.by_key(key.id)
        if partner is None:
            raise Unauthenticated(f"the key {key.id} is unknown")
        return self._caller(partner, key)

    def _caller(self, partner: Partner, key: KeyText) -> Caller:
        try:
            known = partner.key(key.id)
        except ApiKeyNotFound:
            raise Unauthenticated(f"the key {key.id} of {partner.id} has ended") from None
        if not compare_digest(known.hash, key.hash):
            raise Unauthenticated(f"the key {key.id} has another secret")
        if not known.is_live(self.clock.now()):
            raise Unauthenticated(f"the key {key.id} of {partner.id} is revoked or has ended")
        return Caller(
            partner.id,
            key.id,
            partner.scopes_of(known),
            partner.standing is Standing.SUSPENDED,
            self.allowance.with_own(partner.allowance),
        )
