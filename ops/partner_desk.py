"""What an operator may do to partners, their keys and their allowances; each change keeps who did it, when and why."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pinbill.domain.allowances import most
from pinbill.domain.key_text import ALPHABET, FORM, ID_LENGTH, SECRET_LENGTH, KeyText
from pinbill.domain.partners import (
    ALL_SCOPES,
    PARTNER_ID,
    ApiKey,
    ApiScope,
    Partner,
    PartnerChange,
    Standing,
    allowed,
    guarded,
    revoked,
    rotated,
    stands,
    with_key,
)
from pinbill.errors import ApiKeyNotFound, ConcurrentChange, PartnerExists, PartnerInvalid, PartnerNotFound
from pinbill.usecases.ports.catalog import Partners
from pinbill.usecases.ports.time_and_ids import Clock

ROUNDS = 5
LONGEST_NAME, LONGEST_LABEL = 60, 40


@dataclass(frozen=True, slots=True)
class Signature:
    """Who asks for a change, and why. Raises PartnerInvalid: it is kept and shown, so that no key may be in it."""

    by: str
    because: str = ""

    def __post_init__(self) -> None:
        _check_keyless("who and why", f"{self.by} {self.because}")


def new_key_text(stage: str) -> KeyText:
    return KeyText.of(stage, _random(ID_LENGTH), _random(SECRET_LENGTH))


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


@dataclass(frozen=True, slots=True)
class PartnerDesk:
    """Acts on the partners of one stage. `clock` tells the real time, by which keys end. The text of a new key is
    returned once and kept nowhere. Each method raises ConcurrentChange when others change the same partner, and
    PartnerNotFound."""

    partners: Partners
    clock: Clock
    stage: str
    new_key: Callable[[str], KeyText] = new_key_text

    def create(self, id: str, name: str, signed: Signature, figures: Mapping[str, int] | None = None) -> Partner:
        """Raises PartnerInvalid, PartnerExists."""
        if not PARTNER_ID.fullmatch(id):
            raise PartnerInvalid(f"{id!r} is no partner's id: use 2 to 16 lower-case letters and digits, as in acme.")
        if not 1 <= len(name.strip()) <= LONGEST_NAME or not name.isprintable():
            raise PartnerInvalid(f"The name is empty or longer than {LONGEST_NAME} characters.")
        _check_keyless("the name", name)
        own = checked(figures or {})
        now = self.clock.now()
        partner = Partner(id, name.strip(), now, signed.by, allowance=own)
        if not self.partners.put(partner, _change(now, signed, f"created as {partner.name}{_said(own)}")):
            raise PartnerExists(f"There is a partner {id} already: look at it with partner show {id}.")
        return self.partners.partner(id)

    def suspend(self, id: str, signed: Signature) -> Partner:
        """Raises PartnerUnchanged."""
        return self._changed(id, signed, lambda partner, now: (stands(partner, Standing.SUSPENDED), "suspended"))

    def resume(self, id: str, signed: Signature) -> Partner:
        """Raises PartnerUnchanged."""
        return self._changed(id, signed, lambda partner, now: (stands(partner, Standing.LIVE), "resumed"))

    def allow(self, id: str, figures: Mapping[str, int | None], signed: Signature) -> Partner:
        """Other figures than the default's, or with None the default again. Raises PartnerInvalid, PartnerUnchanged."""
        checked({name: value for name, value in figures.items() if value is not None})
        what = f"allowance changed{_said(figures)}"
        return self._changed(id, signed, lambda partner, now: (allowed(partner, figures), what))

    def guard(self, id: str, figures: Mapping[str, int | None], signed: Signature) -> Partner:
        """Other figures of the guards of PINs, or with None the default again. Raises PartnerUnchanged."""
        what = f"guards changed{_said(figures)}"
        return self._changed(id, signed, lambda partner, now: (guarded(partner, figures), what))

    def create_key(
        self,
        id: str,
        signed: Signature,
        label: str = "",
        scopes: frozenset[ApiScope] = ALL_SCOPES,
        life: timedelta | None = None,
    ) -> KeyText:
        """One more key. Raises PartnerInvalid, TooManyKeys."""
        made = self.new_key(self.stage)
        label = _label(label)

        def add(partner: Partner, now: datetime) -> tuple[Partner, str]:
            key = ApiKey(made.id, made.hash, scopes, label, now, signed.by, ends_at=now + life if life else None)
            return with_key(partner, key), f"key {key.id} created{_named(key)}"

        self._changed(id, signed, add, made.id)
        return made

    def rotate(
        self, id: str, signed: Signature, overlap: timedelta, label: str | None = None
    ) -> tuple[KeyText, ApiKey]:
        """A key with the scopes of the live one, which ends after `overlap`; returns that too, as it then is.

        Raises PartnerInvalid, ApiKeyNotFound (none is live), TooManyKeys (two are)."""
        made, old_id = self.new_key(self.stage), ""

        def follow(partner: Partner, now: datetime) -> tuple[Partner, str]:
            nonlocal old_id
            live = partner.live_keys(now)
            old = live[0] if live else None
            scopes, kept = (old.scopes, old.label) if old else (ALL_SCOPES, "")
            key = ApiKey(made.id, made.hash, scopes, kept if label is None else _label(label), now, signed.by)
            after, before = rotated(partner, key, now + overlap)
            old_id = before.id
            return after, f"key {key.id} follows {old_id}, which ends at {after.key(old_id).ends_at:%Y-%m-%d %H:%M:%S}Z"

        return made, self._changed(id, signed, follow, made.id).key(old_id)

    def revoke(self, key: str, signed: Signature) -> tuple[Partner, str]:
        """End a key at once, by its id or its whole text; returns its partner, as it then is, and its id.

        Raises ApiKeyNotFound, PartnerUnchanged: a slip must not look like a revocation."""
        text = KeyText.parse(key)
        key_id = text.id if text else key
        partner = self.partners.by_key(key_id)
        if partner is None or (text and partner.key(key_id).hash != text.hash):
            raise ApiKeyNotFound("There is no such key in this stage; nothing was revoked. Look at key list PARTNER.")
        return self._changed(
            partner.id, signed, lambda it, now: (revoked(it, key_id, now, signed.by), f"key {key_id} revoked")
        ), key_id

    def found(self, id: str) -> Partner:
        """Raises PartnerNotFound, which says what to do."""
        try:
            return self.partners.partner(id)
        except PartnerNotFound:
            raise PartnerNotFound(
                f"There is no partner {id}: make it with partner create {id} --name NAME --by YOU, or see partner list."
            ) from None

    def _changed(
        self,
        id: str,
        signed: Signature,
        step: Callable[[Partner, datetime], tuple[Partner, str]],
        new_key: str | None = None,
    ) -> Partner:
        """What `step` makes of the partner as it stands, and what that is called."""
        for _ in range(ROUNDS):
            now = self.clock.now()
            after, what = step(self.found(id), now)
            if self.partners.put(after, _change(now, signed, what), new_key):
                return self.partners.partner(id)
        raise ConcurrentChange(f"Others change {id} at the same time; nothing was changed: try again.")


def checked(figures: Mapping[str, int]) -> Mapping[str, int]:
    """Raises PartnerInvalid for what no allowance can be."""
    for name, value in figures.items():
        if not 1 <= value <= most(name):
            raise PartnerInvalid(f"{name.replace('_', ' ')} is {value}: use 1 to {most(name)}.")
    return figures


def _label(text: str) -> str:
    if len(text.strip()) > LONGEST_LABEL or not text.isprintable():
        raise PartnerInvalid(f"The label is longer than {LONGEST_LABEL} characters.")
    _check_keyless("the label", text)
    return text.strip()


def _check_keyless(what: str, text: str) -> None:
    if FORM.search(text):
        raise PartnerInvalid(f"There is a whole key in {what}: that is kept and listed. Name a key by its id.")


def _change(at: datetime, signed: Signature, what: str) -> PartnerChange:
    return PartnerChange(at, signed.by, what, signed.because)


def _said(figures: Mapping[str, int | None]) -> str:
    parts = [f"{name.replace('_', ' ')} {'by default' if value is None else value}" for name, value in figures.items()]
    return f": {', '.join(parts)}" if parts else ""


def _named(key: ApiKey) -> str:
    parts = [f"label {key.label}"] if key.label else []
    if key.scopes != ALL_SCOPES:
        parts.append(f"scopes {' '.join(sorted(key.scopes))}")
    if key.ends_at:
        parts.append(f"ends at {key.ends_at:%Y-%m-%d %H:%M:%S}Z")
    return f": {', '.join(parts)}" if parts else ""
