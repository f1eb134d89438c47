"""Partners, their keys and what was changed of them as items, and back."""

from collections.abc import Mapping
from typing import Any

from pinbill.domain.partners import ApiKey, ApiScope, Partner, PartnerChange, Standing
from pinbill.store import keys
from pinbill.store.items import Item, present, time_in, time_in_or_none, time_out, time_out_or_none

VERSION = "version"


def partner_out(partner: Partner) -> Item:
    return {
        **keys.partner(partner.id),
        "id": partner.id,
        "name": partner.name,
        "created": time_out(partner.created_at),
        "created_by": partner.created_by,
        "standing": partner.standing.value,
        "allowance": dict(partner.allowance),
        "guards": dict(partner.guards),
        "keys": [_key_out(key) for key in partner.keys],
        VERSION: partner.version + 1,
    }


def partner_in(item: Mapping[str, Any]) -> Partner:
    return Partner(
        id=item["id"],
        name=item["name"],
        created_at=time_in(item["created"]),
        created_by=item["created_by"],
        standing=Standing(item["standing"]),
        allowance={name: int(value) for name, value in item["allowance"].items()},
        guards={name: int(value) for name, value in item.get("guards", {}).items()},
        keys=tuple(map(_key_in, item["keys"])),
        version=int(item[VERSION]),
    )


def change_out(partner: Partner, change: PartnerChange) -> Item:
    return {
        **keys.partner_change(partner.id, partner.version + 1),
        "at": time_out(change.at),
        "by": change.by,
        "what": change.what,
        "because": change.because,
    }


def change_in(item: Mapping[str, Any]) -> PartnerChange:
    return PartnerChange(time_in(item["at"]), item["by"], item["what"], item["because"])


def _key_out(key: ApiKey) -> Item:
    return present(
        {
            "id": key.id,
            "hash": key.hash,
            "scopes": sorted(key.scopes),
            "label": key.label,
            "created": time_out(key.created_at),
            "created_by": key.created_by,
            "ends": time_out_or_none(key.ends_at),
            "revoked": time_out_or_none(key.revoked_at),
            "revoked_by": key.revoked_by or None,
        }
    )


def _key_in(item: Mapping[str, Any]) -> ApiKey:
    return ApiKey(
        id=item["id"],
        hash=item["hash"],
        scopes=frozenset(map(ApiScope, item["scopes"])),
        label=item["label"],
        created_at=time_in(item["created"]),
        created_by=item["created_by"],
        ends_at=time_in_or_none(item.get("ends")),
        revoked_at=time_in_or_none(item.get("revoked")),
        revoked_by=item.get("revoked_by", ""),
    )
