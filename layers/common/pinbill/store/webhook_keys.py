"""The keys of webhook endpoints, of what they are owed, and of the log of deliveries."""

from datetime import datetime

from pinbill.domain.webhooks import Place
from pinbill.store.keys import DELIVERY_LOG, ENDPOINTS, JUST_AFTER, Key, catalog_pk, due_position, due_time

ENDPOINT, LIVE, REPLAY = "E#", "LIVE#", "REPLAY#"
BEHIND = "WEBHOOKS"


def endpoints_pk(partner: str) -> str:
    return f"{catalog_pk(partner)}{ENDPOINTS}"


def endpoint(partner: str, id: str) -> Key:
    return {"pk": endpoints_pk(partner), "sk": f"{ENDPOINT}{id}"}


def behind(place: Place) -> Key:
    """The row that says that an endpoint is owed something: one partition, so that one query finds all of them."""
    return {"pk": BEHIND, "sk": f"{place.partner}#{place.endpoint_id}#{place.generation}"}


def place_of(sk: str) -> Place:
    partner, endpoint_id, generation = sk.split("#")
    return Place(partner, endpoint_id, int(generation))


def backlogs_pk(place: Place) -> str:
    return f"{endpoints_pk(place.partner)}#{place.endpoint_id}#{place.generation}"


def backlog(place: Place, subscription_id: str, *, is_replay: bool) -> Key:
    return {"pk": backlogs_pk(place), "sk": f"{REPLAY if is_replay else LIVE}{subscription_id}"}


def log_pk(partner: str, endpoint_id: str) -> str:
    return f"{endpoints_pk(partner)}#{endpoint_id}{DELIVERY_LOG}"


def logged(partner: str, endpoint_id: str, at: datetime, mark: str) -> Key:
    """Of deliveries that were logged together; `mark` tells apart those of one moment."""
    return {"pk": log_pk(partner, endpoint_id), "sk": f"{due_position(at)}#{mark}"}


def logged_at(at: datetime) -> str:
    """Before every row that was logged at this time or later."""
    return due_position(at) + JUST_AFTER


def time_of(sk: str) -> datetime:
    return due_time(sk)
