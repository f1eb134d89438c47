"""The Store port on DynamoDB: subscriptions, their journal and charges."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import override

from pinbill.domain.change import Change
from pinbill.domain.charges import Charge
from pinbill.domain.journal import Entry
from pinbill.domain.msisdn import Msisdn
from pinbill.domain.rails import MANDATE_REST
from pinbill.domain.repeats import Remembered
from pinbill.domain.slots import Cohort
from pinbill.domain.subscription import Subscription
from pinbill.errors import ConcurrentChange, MandateInUse, SubscriptionExists, SubscriptionNotFound
from pinbill.store import keys
from pinbill.store.cursors import cursor_of, seq_of
from pinbill.store.holds import FREE_AT, HOLDER, free_at, mandate_key, number_key, require_free
from pinbill.store.identities import Identities
from pinbill.store.items import Item, time_out
from pinbill.store.journal_items import charge_in, charge_out, entry_in, entry_out
from pinbill.store.keys import Key
from pinbill.store.outcomes import ConditionFailed
from pinbill.store.request_items import remembered_in, remembering
from pinbill.store.subscription_items import subscription_in, subscription_out
from pinbill.store.table import ABSENT, Action, Condition, Delete, Put, Table, equals
from pinbill.store.tails import Tail, Tails, announcing, carried, carrying
from pinbill.usecases.calls import Identity
from pinbill.usecases.ports.store import AlreadyRemembered, ChargeExists, Page, StaleVersion, Store

ITEM_AND_ENTRY = 2  # rows of the change that nearly every renewal makes


class DynamoStore(Store):
    """`shards` is the number of due-index shards of each rail and partner; it may be raised, never lowered."""

    def __init__(self, table: Table, identities: Identities, shards: int) -> None:
        self._table = table
        self._identities = identities
        self._shards = shards
        self._tails = Tails(table)
        self._registered: set[Cohort] = set()

    @override
    def subscription(self, partner: str, id: str) -> Subscription:
        item, newest = self._with_newest_row(partner, id)
        self._tails.met(item, newest)
        return subscription_in(item)

    @override
    def identity(self, subscription: Subscription) -> Identity:
        return self._identities.open(subscription)

    @override
    def expect(self, places: Sequence[tuple[str, str]]) -> None:
        self._identities.expect(places)

    @override
    def create(self, subscription: Subscription, entry: Entry, remembered: Remembered | None = None) -> Subscription:
        created, keys_of_it = self._identities.seal(subscription)
        require_free(self._table, subscription)
        self._register(subscription)
        first = [
            Put(announcing(self._item(created), 1), ABSENT),
            Put(entry_out(created.partner, created.id, entry), ABSENT),
        ]
        if remembered:
            first.append(self._request(created, remembered))
        holder = {HOLDER: created.id}
        holds = [(number_key(created), ABSENT, SubscriptionExists)]  # first: it is what the user can see
        if created.mandate:
            holds.append((mandate_key(created), free_at(created.created_at), MandateInUse))
        rows = [Put({**key, **holder}, condition) for key, condition, _ in holds]
        try:
            self._table.write([*first, *rows, *keys_of_it], self._table.new_write_id())
            return created
        except ConditionFailed as failed:
            if remembered and len(first) - 1 in failed.stored:
                raise AlreadyRemembered from None
            for at, (key, _, error) in enumerate(holds, len(first)):
                if at in failed.stored:
                    raise error(self._holder(key, failed.stored[at])) from None
            raise AssertionError("the id of a new subscription was used before") from None

    @override
    def commit(self, change: Change) -> None:
        writes, releases = self._writes(change), self._releases(change)
        self._tails.settle(keys.subscription(change.before.partner, change.before.id), change.before.version)
        if len(change.entries) == 1 and len(writes) + len(releases) == ITEM_AND_ENTRY:
            return self._commit_with_entry(change, writes[0].item, writes[1].item)
        writes[0] = Put(announcing(writes[0].item, len(change.entries)), writes[0].condition)
        write_id = self._table.new_write_id()
        while True:
            try:
                return self._table.write([*writes, *releases], write_id)
            except ConditionFailed as failed:
                if min(failed.stored) < len(writes):
                    raise self._conflict(change, failed.stored) from None
                # What is left are rows that another subscription holds: not ours to free, and no reason for a cancel
                # to fail.
                releases = [row for at, row in enumerate(releases, len(writes)) if at not in failed.stored]

    def _commit_with_entry(self, change: Change, item: Item, entry: Item) -> None:
        """The item carries its one entry, and the entry's row follows: half the price of a transaction."""
        write_id = self._table.new_write_id()
        try:
            self._table.write([Put(carrying(item, entry), equals("version", change.before.version))], write_id)
        except ConditionFailed as failed:
            if not self._was_written(entry, write_id, failed.stored[0]):
                raise self._conflict(change, failed.stored) from None
        self._tails.follow(Tail(change.after.version, entry, write_id))

    def _was_written(self, entry: Item, write_id: str, stored: Item | None) -> bool:
        """Whether an unanswered round of this write took effect, and others have written above it: they have written
        the entry's row for us, under our stamp."""
        if stored is None or stored["seq"] < entry["seq"]:
            return False
        row = self._table.get({"pk": entry["pk"], "sk": entry["sk"]})
        return row is not None and row["write_id"] == write_id

    @override
    def charge(self, partner: str, id: str, key: str) -> Charge | None:
        item = self._table.get(keys.charge(partner, id, key))
        return charge_in(item) if item else None

    @override
    def remembered(self, partner: str, id: str | None, key: str) -> Remembered | None:
        item = self._table.get(self._request_key(partner, id, key))
        return remembered_in(item) if item else None

    @override
    def journal(self, partner: str, id: str, limit: int, cursor: str | None, money_only: bool) -> Page[Entry]:
        newest = keys.entry(partner, id, seq_of(cursor) - 1) if cursor is not None else keys.subscription(partner, id)
        bounds = {"pk": newest["pk"], "oldest": keys.entry(partner, id, 0)["sk"], "newest": newest["sk"]}
        # The subscription itself comes first, with the entry that it may carry.
        filtered = {"FilterExpression": "attribute_exists(attempt) OR attribute_exists(version)"} if money_only else {}
        rows = self._table.query(
            "pk = :pk AND sk BETWEEN :oldest AND :newest", bounds, ScanIndexForward=False, Limit=limit + 2, **filtered
        )
        # One more than asked for tells whether there is more.
        found = list(islice(self._entries(rows, money_only), limit + 1))
        return Page(found[:limit], cursor_of(found[limit - 1].seq) if len(found) > limit else None)

    @override
    def with_number(self, partner: str, msisdn: Msisdn) -> Sequence[str]:
        pk = keys.number_pk(partner, self._identities.numbers.fingerprint(msisdn))
        return [row[HOLDER] for row in self._table.query("pk = :pk", {"pk": pk})]

    @override
    def with_mandate(self, partner: str, reference: str) -> str | None:
        fingerprint = self._identities.numbers.of_mandate(reference)
        row = self._table.get(keys.mandate(partner, fingerprint))
        row = row or self._table.get(keys.plain_mandate(partner, reference))
        return str(row[HOLDER]) if row else None

    def _with_newest_row(self, partner: str, id: str) -> tuple[Item, Item | None]:
        """A subscription's item, and the newest row of its journal. Raises SubscriptionNotFound."""
        key = keys.subscription(partner, id)
        bounds = {"pk": key["pk"], "oldest": keys.JOURNAL, "newest": key["sk"]}
        where = "pk = :pk AND sk BETWEEN :oldest AND :newest"
        rows = list(islice(self._table.query(where, bounds, ScanIndexForward=False, Limit=2), 2))
        if not rows or rows[0]["sk"] != key["sk"]:
            raise SubscriptionNotFound
        return rows[0], rows[1] if len(rows) > 1 else None

    def _entries(self, rows: Iterable[Item], money_only: bool) -> Iterator[Entry]:
        """Journal entries out of rows from the newest on, of which the first may be the subscription's."""
        tail: Tail | None = None
        for row in rows:
            if row["sk"] == keys.SUBSCRIPTION:
                tail = carried(row)
                if tail and not ("attempt" in tail.row or not money_only):
                    tail = None
                continue
            # A query is not isolated from writes: rows of entries may come that were made after the item was read.
            if tail and row["sk"] <= tail.row["sk"]:
                if row["sk"] < tail.row["sk"]:
                    yield entry_in(tail.row)
                tail = None
            yield entry_in(row)
        if tail:
            yield entry_in(tail.row)

    def _register(self, subscription: Subscription) -> None:
        """Before the first of its cohort, or nobody would look for it."""
        cohort = subscription.cohort
        if cohort in self._registered:
            return
        row = {**keys.cohort(cohort), "since": time_out(subscription.created_at)}
        with suppress(ConditionFailed):  # known already
            self._table.write([Put(row, ABSENT)], self._table.new_write_id())
        self._registered.add(cohort)

    def _item(self, subscription: Subscription) -> Item:
        return subscription_out(subscription, self._shards)

    def _writes(self, change: Change) -> list[Put]:
        before, after = change.before, change.after
        writes = [Put(self._item(after), equals("version", before.version))]
        writes += [Put(entry_out(after.partner, after.id, entry), ABSENT) for entry in change.entries]
        if change.charge:
            writes.append(Put(charge_out(after.partner, after.id, change.charge), _charge_condition(change)))
        if change.remembered:
            writes.append(self._request(after, change.remembered))
        return writes

    def _request(self, subscription: Subscription, remembered: Remembered) -> Put:
        id = None if remembered.subscription else subscription.id
        return remembering(self._request_key(subscription.partner, id, remembered.key), remembered)

    def _request_key(self, partner: str, id: str | None, key: str) -> Key:
        if id is not None:
            return keys.request(partner, id, key)
        return keys.start(partner, self._identities.numbers.of_request(key))

    def _releases(self, change: Change) -> list[Action]:
        held = change.before
        ours = Condition("attribute_not_exists(pk) OR #it = :it", {"it": HOLDER}, {"it": held.id})
        releases: list[Action] = [Delete(number_key(held), ours)] if change.frees_number else []
        if change.frees_mandate:
            rested = time_out(change.entries[-1].at + MANDATE_REST)
            releases.append(Put({**mandate_key(held), HOLDER: held.id, FREE_AT: rested}, ours))
        return releases

    def _conflict(self, change: Change, stored: Mapping[int, Item | None]) -> Exception:
        """Somebody else's write comes before the charge: the decision is made anew then, and meets the charge again."""
        if 0 in stored:
            row = stored[0]
            if row is None:
                return StaleVersion(self.subscription(change.before.partner, change.before.id))
            self._tails.met(row, None)
            return StaleVersion(subscription_in(row))
        if max(stored) > len(change.entries):  # beside the subscription and its entries a change writes one row at most
            return ChargeExists() if change.charge else AlreadyRemembered()
        return AssertionError("a journal entry exists that its subscription does not know of")

    def _holder(self, key: Key, row: Item | None) -> str:
        row = row or self._table.get(key)
        if row is None:
            raise ConcurrentChange  # freed in this moment
        return str(row[HOLDER])


def _charge_condition(change: Change) -> Condition:
    """A new charge's key is unused, a later write finds the charge as it was read: else two repeats of one key would
    both be billed."""
    return equals("revision", change.charge_revision) if change.charge_revision else ABSENT
