"""Verify an evidence pack: that no byte of it was changed, and that each payment in it has its evidence.

Standard library alone, and no code of the product: who doubts the product need not trust it. `python
kit/verify_evidence.py FILE`; exits with 1 when anything is wrong.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

FORMAT = "pinbill-evidence/1"
HEAD = {"format", "subscription", "made_at", "entries", "last", "head", "chain"}
ENTRY = {"number", "kind", "content", "previous", "hash"}
TAKEN = {"attempt_paid", "excess_debit"}


def problems(text: str) -> list[str]:
    """What is wrong with a pack; empty when nothing is."""
    try:
        pack = json.loads(text, object_pairs_hook=_once)
    except ValueError as error:
        return [f"it is no JSON document: {error}"]
    if not isinstance(pack, dict) or set(pack) != HEAD or pack["format"] != FORMAT:
        return [f"it is no {FORMAT} document"]
    if json.dumps(pack, indent=1, sort_keys=True) != text.rstrip("\n"):
        return ["it is not written as it was made"]
    broken = list(_chain(pack))
    return broken or list(_evidence(pack))


def _once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        raise ValueError("a member is there twice")
    return found


def _hash(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _chain(pack: dict[str, Any]) -> Iterator[str]:
    head = {name: value for name, value in pack.items() if name not in ("head", "chain")}
    if _hash(head) != pack["head"]:
        yield "the head was changed"
    last = "0" * 64
    for number, entry in enumerate(pack["chain"], 1):
        if not isinstance(entry, dict) or set(entry) != ENTRY:
            yield f"entry {number} has another form"
            return
        plain = {name: value for name, value in entry.items() if name != "hash"}
        if entry["number"] != number or entry["previous"] != last or _hash(plain) != entry["hash"]:
            yield f"entry {number} was changed, moved, or one before it is missing"
            return
        last = entry["hash"]
    if last != pack["last"] or len(pack["chain"]) != pack["entries"]:
        yield "the end of the chain is missing"


def _evidence(pack: dict[str, Any]) -> Iterator[str]:
    kinds = [entry["kind"] for entry in pack["chain"]]
    if kinds[:2] != ["terms", "rules"] or set(kinds[2:]) - {"journal"}:
        yield "it has no terms, no rules, or something else"
        return
    terms, rules = (entry["content"] for entry in pack["chain"][:2])
    journal = [entry["content"] for entry in pack["chain"][2:]]
    if [entry["sequence"] for entry in journal] != list(range(1, terms["sequence"] + 1)):
        yield "the journal has a gap"
    for at, entry in enumerate(journal):
        attempt = entry["attempt"]
        if attempt is None or entry["kind"] not in TAKEN:
            continue
        yield from (f"{attempt['id']}: {what}" for what in _payment(attempt, journal[:at], terms, rules))
    yield from _months(journal, terms, rules)


def _payment(
    attempt: dict[str, Any], before: list[dict[str, Any]], terms: dict[str, Any], rules: dict[str, Any]
) -> Iterator[str]:
    if attempt["period"] is not None and attempt["amount"] != terms["price"]:
        yield "it took another price than was agreed to"
    cap = rules["caps"]["per_charge"]
    if cap and (cap["currency"] != attempt["amount"]["currency"] or cap["minor"] < attempt["amount"]["minor"]):
        yield "it took more than the cap of a charge"
    for kind, stage in (("subscribed", "request"), ("consent_given", "confirm")):
        shown = {name for entry in before if entry["kind"] == kind for name in entry["detail"]}
        for part in rules["consent"][stage]:
            if not shown & ({f"consent_{part}"} | _texts(part)):
                yield f"no {part} of the consent was shown in the {stage}"
    if rules["notice_seconds"] is not None and attempt["kind"] != "first_bill":
        yield from _notice(attempt, before, timedelta(seconds=rules["notice_seconds"]))


def _texts(part: str) -> set[str]:
    return {"consent_text_sha256", "consent_text_version"} if part == "text" else set()


def _notice(attempt: dict[str, Any], before: list[dict[str, Any]], least: timedelta) -> Iterator[str]:
    given = [entry["detail"] for entry in before if entry["kind"] == "notice_given"]
    claimed = _time(attempt["claimed_at"])
    good = [
        each
        for each in given
        if each["period"] == attempt["period"]
        and {"minor": each["minor"], "currency": each["currency"]} == attempt["amount"]
        and _time(each["given_at"]) + least <= claimed
        and _time(each["bills_at"]) <= claimed
    ]
    if not good:
        yield "it was made without a notice that was old enough"


def _months(journal: list[dict[str, Any]], terms: dict[str, Any], rules: dict[str, Any]) -> Iterator[str]:
    cap = rules["caps"]["per_month"]
    if not cap:
        return
    zone, taken = ZoneInfo(terms["zone"]), dict[str, int]()
    for entry in journal:
        attempt = entry["attempt"]
        if attempt is None or entry["kind"] not in (*TAKEN, "refunded"):
            continue
        month = f"{_time(attempt['claimed_at']).astimezone(zone):%Y-%m}"
        back = entry["kind"] == "refunded"
        minor = -int(entry["detail"]["minor"]) if back else attempt["amount"]["minor"]
        taken[month] = taken.get(month, 0) + minor
    yield from (f"{month}: more was taken than the cap" for month, minor in taken.items() if minor > cap["minor"])


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        sys.stderr.write("usage: verify_evidence.py FILE\n")
        return 2
    found = problems(Path(arguments[0]).read_text())
    for problem in found:
        sys.stdout.write(f"{problem}\n")
    sys.stdout.write(f"{len(found)} problems\n" if found else "nothing was changed; every payment has its evidence\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
