"""How the authorizer tells the functions who is calling: API Gateway's context, which holds texts only.

API Gateway keeps it for the key, whatever the path: so it holds what the caller may do at all, and each function looks
for what its route needs.
"""

from collections.abc import Mapping
from typing import Any

from pinbill.domain.allowances import FIGURES, Allowance
from pinbill.domain.partners import ApiScope
from pinbill.errors import Unauthenticated
from pinbill.usecases.authorize import Caller


def context_of(caller: Caller) -> dict[str, str]:
    return {
        "partner": caller.partner,
        "key": caller.key_id,
        "scopes": " ".join(sorted(caller.scopes)),
        "suspended": str(caller.suspended).lower(),
        **{figure: str(getattr(caller.allowance, figure)) for figure in FIGURES},
    }


def caller_in(event: Mapping[str, Any]) -> Caller:
    """Who the authorizer says is calling. Raises Unauthenticated when none ran: a route without one serves nobody."""
    context = (event.get("requestContext") or {}).get("authorizer") or {}
    try:
        partner, key = context["partner"], context["key"]
        if not (partner and key):
            raise Unauthenticated
        scopes = frozenset(map(ApiScope, context["scopes"].split()))
        allowance = Allowance(**{figure: int(context[figure]) for figure in FIGURES})
        suspended = context["suspended"] != "false"
    except (KeyError, ValueError, AttributeError, TypeError):
        raise Unauthenticated from None
    return Caller(str(partner), str(key), scopes, suspended, allowance)
