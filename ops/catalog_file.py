"""The catalog as an operator writes it: services and plans in one JSON file, checked whole before it is applied."""

import json
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator

from ops.catalog_parts import FileModel, PriceFile, Reason
from ops.catalog_rules import CapsFile, ConsentFile, NoticeFile, terms
from pinbill.domain.attempts import FailureClass
from pinbill.domain.catalog import ActivityOrder, CatchUp, Limits, PinRules, Plan, RailName, Service, Terms
from pinbill.domain.dunning import Dunning
from pinbill.domain.money import Money
from pinbill.domain.partners import PARTNER_ID
from pinbill.domain.periods import Recurrence, Unit
from pinbill.domain.rails import RULES
from pinbill.errors import CatalogInvalid
from pinbill.providers.infomedia import wire

PartnerId = Annotated[str, Field(pattern=f"^{PARTNER_ID.pattern}$")]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
# Shown on bills and in SMS, and sent to the provider as it is.
Title = Annotated[str, Field(pattern=r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]{0,58}[^\s\x00-\x1f\x7f])?$")]
ProductId = Annotated[int, Field(ge=0, le=2**31 - 1)]  # Infomedia calls it an int

# A period is a year at most, or five in weeks or months.
MOST_UNITS = {Unit.DAY: 366, Unit.WEEK: 260, Unit.MONTH: 60}


class PinFile(FileModel):
    """Limits of a PIN; Infomedia documents none."""

    life_minutes: Annotated[int, Field(ge=1, le=60)] = 10
    tries: Annotated[int, Field(ge=1, le=5)] = 3
    sends: Annotated[int, Field(ge=1, le=10)] = 5
    resend_after_seconds: Annotated[int, Field(ge=0, le=600)] = 30
    confirm_within_minutes: Annotated[int, Field(ge=5, le=10080)] = 60


class ServiceFile(FileModel):
    partner: PartnerId
    id: Name
    rail: RailName
    name: Title
    account: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")] = "default"
    product_id: ProductId = 0
    billing_product_id: ProductId = 0
    activity_order: ActivityOrder = ActivityOrder.BEFORE_BILL
    receipt_owed_by: Literal["infomedia", "partner", "bank", "nobody"] | None = None
    receipt_because: Reason | None = None
    pin: PinFile = PinFile()
    wire: dict[str, str] = Field(default_factory=dict)
    pin_codes: dict[str, Literal["wrong", "expired", "exhausted"]] = Field(default_factory=dict)

    @field_validator("wire")
    @classmethod
    def wire_names_can_be_set(cls, names: dict[str, str]) -> dict[str, str]:
        try:
            wire.check(names)
        except CatalogInvalid as error:
            raise ValueError(error.detail) from None
        return names

    @model_validator(mode="after")
    def phone_bill_needs_products(self) -> Self:
        if self.rail is RailName.INFOMEDIA and not (self.product_id and self.billing_product_id):
            raise ValueError("a service on the phone bill needs product_id (SID) and billing_product_id (BPID)")
        return self

    @model_validator(mode="after")
    def a_receipt_is_left_out_for_a_reason(self) -> Self:
        if self.receipt_owed_by == "nobody" and not self.receipt_because:
            raise ValueError("receipt_owed_by is nobody: say receipt_because")
        return self

    def service(self) -> Service:
        on_phone_bill = self.rail is RailName.INFOMEDIA
        return Service(
            partner=self.partner,
            id=self.id,
            rail=self.rail,
            name=self.name,
            account=self.account,
            product_id=self.product_id,
            billing_product_id=self.billing_product_id,
            activity_order=self.activity_order,
            receipt_owed_by=self.receipt_owed_by or ("infomedia" if on_phone_bill else "bank"),
            receipt_because=self.receipt_because or "",
            pin=PinRules(
                timedelta(minutes=self.pin.life_minutes),
                self.pin.tries,
                self.pin.sends,
                timedelta(seconds=self.pin.resend_after_seconds),
                timedelta(minutes=self.pin.confirm_within_minutes),
            ),
            wire=self.wire,
            pin_codes=self.pin_codes,
        )


class EveryFile(FileModel):
    unit: Unit
    count: Annotated[int, Field(ge=1)] = 1

    @field_validator("count")
    @classmethod
    def count_is_possible(cls, count: int, others: ValidationInfo) -> int:
        unit: Unit | None = others.data.get("unit")  # None when it is wrong itself
        if unit and count > MOST_UNITS[unit]:
            raise ValueError(f"at most {MOST_UNITS[unit]} for the unit {unit}")
        return count


Hours = Annotated[int, Field(ge=1, le=720)]


class RetriesFile(FileModel):
    """Hours from one try to the next, for each class of decline; without a list, the rail's own. [] means no retry."""

    soft: list[Hours] | None = None
    limit: list[Annotated[Hours, Field(ge=24)]] | None = None  # never on the same day
    technical: list[Hours] | None = None

    def ladders(self, rail: RailName) -> dict[FailureClass, tuple[timedelta, ...]]:
        own = {FailureClass(name): hours for name, hours in self if hours is not None}
        return {
            **RULES[rail].retries,
            **{name: tuple(timedelta(hours=n) for n in hours) for name, hours in own.items()},
        }


Share = Annotated[float, Field(ge=0, le=1)]
USUAL = Limits()


class LimitsFile(FileModel):
    """What a day (UTC) of the plan's bills may come to before its billing is halted. Shares are of 0 to 1."""

    least_paid: Share = USUAL.least_paid
    most_failed: Share = USUAL.most_failed
    most_of_price: Annotated[float, Field(ge=1, le=100)] = USUAL.most_of_price
    most_bills_a_day: Annotated[int, Field(ge=1)] | None = None
    most_amount_a_day: PriceFile | None = None

    def limits(self) -> Limits:
        most = self.most_amount_a_day
        return Limits(
            self.least_paid,
            self.most_failed,
            self.most_of_price,
            self.most_bills_a_day,
            Money.parse(most.amount, most.currency) if most else None,
        )


# Some calling codes hold several countries, which longer ones tell apart: "1876" is Jamaica.
CallingCode = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,4}$")]


class PlanFile(FileModel):
    partner: PartnerId
    id: Name
    service: Name
    name: Title
    price: PriceFile
    every: EveryFile
    zone: str
    trial_days: Annotated[int, Field(ge=0, le=366)] = 0
    catch_up: CatchUp = CatchUp.BILL_LATEST
    catch_up_cap: Annotated[int, Field(ge=1, le=12)] = 3
    grace_days: Annotated[int, Field(ge=0, le=60)] = 3
    hold_days: Annotated[int, Field(ge=0, le=180)] = 14
    retries: RetriesFile = RetriesFile()
    limits: LimitsFile = LimitsFile()
    consent: ConsentFile = ConsentFile()
    caps: CapsFile = CapsFile()
    notice: NoticeFile | None = None
    countries: Annotated[list[CallingCode], Field(max_length=50)] = Field(default_factory=list)
    retired: bool = False

    @field_validator("zone")
    @classmethod
    def zone_exists(cls, zone: str) -> str:
        if zone not in zones():
            raise ValueError("not a time zone of the IANA database, such as Europe/London")
        return zone

    @model_validator(mode="after")
    def bounds_leave_room_for_a_bill(self) -> Self:
        most = self.limits.most_amount_a_day
        if most and most.currency != self.price.currency:
            raise ValueError(f"limits.most_amount_a_day must be in the currency of the price, {self.price.currency}")
        if most and Money.parse(most.amount, most.currency).minor < Money.parse(**self.price.model_dump()).minor:
            raise ValueError("limits.most_amount_a_day is less than the price: nobody could be billed")
        return self

    def terms(self, rail: RailName) -> Terms:
        """Raises ValueError."""
        price, recurrence = Money.parse(self.price.amount, self.price.currency), self.recurrence
        return terms(self.caps, self.notice, rail, price, recurrence)

    @property
    def recurrence(self) -> Recurrence:
        return Recurrence(self.every.unit, self.every.count)

    def plan(self, rail: RailName) -> Plan:
        return Plan(
            partner=self.partner,
            id=self.id,
            service_id=self.service,
            name=self.name,
            price=Money.parse(self.price.amount, self.price.currency),
            recurrence=self.recurrence,
            zone=self.zone,
            trial_days=self.trial_days,
            catch_up=self.catch_up,
            catch_up_cap=self.catch_up_cap,
            dunning=Dunning(
                timedelta(days=self.grace_days), timedelta(days=self.hold_days), self.retries.ladders(rail)
            ),
            limits=self.limits.limits(),
            consent=self.consent.rules(),
            terms=self.terms(rail),
            notice_exempt=(self.notice.exempt if self.notice else None) or "",
            countries=tuple(self.countries),
            retired=self.retired,
        )


@cache
def zones() -> frozenset[str]:
    """Those that the functions have: an operator's machine may know others, or the same in another casing."""
    return frozenset((files("tzdata") / "zones").read_text().split()) - {"Factory"}


class CatalogFile(FileModel):
    services: list[ServiceFile]
    plans: list[PlanFile]

    @model_validator(mode="after")
    def names_are_used_once(self) -> Self:
        for kind, entries in (("service", self.services), ("plan", self.plans)):
            names = Counter(f"{entry.partner}/{entry.id}" for entry in entries)
            twice = [name for name, count in names.items() if count > 1]
            if twice:
                raise ValueError(f"{kind} {twice[0]} is there twice")
        return self

    @model_validator(mode="after")
    def plans_have_services(self) -> Self:
        services = {(service.partner, service.id): service for service in self.services}
        for plan in self.plans:
            service = services.get((plan.partner, plan.service))
            if service is None:
                raise ValueError(f"plan {plan.partner}/{plan.id} names the service {plan.service}, which is not here")
            if service.rail is RailName.SIGNZY and plan.price.currency != "INR":
                raise ValueError(f"plan {plan.partner}/{plan.id} is paid by bank mandate: its currency must be INR")
            if service.rail is RailName.INFOMEDIA and not plan.countries:
                raise ValueError(
                    f"plan {plan.partner}/{plan.id} is paid on the phone bill: it needs countries, the calling codes "
                    'that it is sold to, as in ["44"], or any number in the world could be sent SMS'
                )
            try:
                plan.terms(service.rail)
            except ValueError as error:
                raise ValueError(f"plan {plan.partner}/{plan.id}: {error}") from None
            most = RULES[service.rail].most_tries - 1
            for name, ladder in plan.retries.ladders(service.rail).items():
                if len(ladder) > most:
                    raise ValueError(f"plan {plan.partner}/{plan.id}: retries.{name} has more than {most} steps")
        return self

    def domain_plans(self) -> list[Plan]:
        rails = {(service.partner, service.id): service.rail for service in self.services}
        return [plan.plan(rails[plan.partner, plan.service]) for plan in self.plans]


def read_catalog(path: Path) -> CatalogFile:
    """Raises CatalogInvalid, which names every wrong field by its path in the file."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise CatalogInvalid(f"The file {path} cannot be read: {error.strerror}.") from None
    with suppress(ValueError, RecursionError):  # of what is no JSON, which the next reader says better
        json.loads(text, object_pairs_hook=_without_repeats)
    try:
        return CatalogFile.model_validate_json(text)
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, e['loc'])) or 'catalog'}: {e['msg']}" for e in error.errors(include_url=False)]
        raise CatalogInvalid("; ".join(wrong)) from None


def _without_repeats(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """Raises CatalogInvalid for a field that is there twice: JSON readers silently take the last."""
    counts = Counter(name for name, _ in members)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        whose = next((value for name, value in members if name == "id"), "")
        raise CatalogInvalid(f"{twice[0]}: the field is there twice{f', in {whose}' if whose else ''}.")
    return dict(members)
