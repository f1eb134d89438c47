"""What each of the partners' routes needs: a scope of the key, and of which part of the allowance it is taken.

A route without a row is nobody's: it is answered as if it were not there, and a test holds this table to the template.
"""

from collections.abc import Mapping
from typing import NamedTuple

from pinbill.domain.allowances import Use
from pinbill.domain.partners import ApiScope


class Needs(NamedTuple):
    scope: ApiScope
    use: Use


type Routes = Mapping[tuple[str, str], Needs]  # by method and resource, as the template writes them

READS = Needs(ApiScope.SUBSCRIPTIONS_READ, Use.READS)
WRITES = Needs(ApiScope.SUBSCRIPTIONS_WRITE, Use.WRITES)

ROUTES: Routes = {
    ("GET", "/v1/plans"): Needs(ApiScope.CATALOG_READ, Use.READS),
    ("GET", "/v1/subscriptions/{subscription_id}"): READS,
    ("GET", "/v1/subscriptions/{subscription_id}/bills"): READS,
    ("GET", "/v1/subscriptions/{subscription_id}/consent"): READS,
    ("POST", "/v1/subscriptions"): WRITES,
    ("POST", "/v1/subscriptions/{subscription_id}/pin"): WRITES,
    ("POST", "/v1/subscriptions/{subscription_id}/confirm"): WRITES,
    ("POST", "/v1/subscriptions/{subscription_id}/pause"): WRITES,
    ("POST", "/v1/subscriptions/{subscription_id}/resume"): WRITES,
    ("POST", "/v1/subscriptions/{subscription_id}/notices"): WRITES,
    ("POST", "/v1/subscriptions/{subscription_id}/opt-outs"): WRITES,
    ("POST", "/v1/subscriptions/{subscription_id}/receipts"): WRITES,
    ("POST", "/v1/subscriptions/{subscription_id}/charges"): Needs(ApiScope.CHARGES_WRITE, Use.WRITES),
    ("POST", "/v1/subscriptions/{subscription_id}/cancel"): Needs(ApiScope.SUBSCRIPTIONS_CANCEL, Use.CANCELS),
}
