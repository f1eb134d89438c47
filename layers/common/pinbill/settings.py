"""Typed settings from the environment, in small parts: a function asks only for what its template entry declares."""

import re
from collections.abc import Mapping
from datetime import time, timedelta
from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from pinbill.domain.allowances import MOST_A_DAY, MOST_A_MINUTE, Allowance
from pinbill.domain.catalog import RailName
from pinbill.domain.pacing import Pace, Window
from pinbill.domain.partner_classes import PartnerClasses
from pinbill.domain.pin_guards import Guards, parse_figures
from pinbill.errors import PartnerInvalid, SettingInvalid

PREFIX = "PINBILL_"
WRITE_SECONDS = 2.0
# A run gives away the call times of two intervals, of two minutes at least: one call must fit.
FEWEST_CALLS_A_SECOND, MOST_CALLS_A_SECOND = 0.01, 10_000
WINDOW = re.compile(r"([01][0-9]:[0-5][0-9]|2[0-3]:[0-5][0-9])-([01][0-9]:[0-5][0-9]|2[0-3]:[0-5][0-9])")
BASE_URL = r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$"
# Where the providers bill nobody. Only there may a test clock make bills due.
INFOMEDIA_SANDBOX, SIGNZY_SANDBOX = "/dcbsb", "https://api-preproduction.signzy.app"

type Stage = Literal["local", "sandbox", "staging", "production"]


class Settings(BaseModel):
    """A part of the settings: field `due_shards` is the variable PINBILL_DUE_SHARDS."""

    # Deferred: a function loads all parts, and reads some.
    model_config = ConfigDict(frozen=True, defer_build=True)

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> Self:
        """Raises SettingInvalid, naming the variables but never their values."""
        raw = {name: environ[PREFIX + name.upper()] for name in cls.model_fields if PREFIX + name.upper() in environ}
        try:
            return cls.model_validate(raw)
        except ValidationError as error:
            wrong = sorted(
                f"{PREFIX}{str(problem['loc'][0]).upper()}: {problem['msg']}" if problem["loc"] else problem["msg"]
                for problem in error.errors(include_input=False, include_url=False, include_context=False)
            )
            raise SettingInvalid("; ".join(wrong)) from None


class TableSettings(Settings):
    """Where state lives, and which clock rules. `aws_endpoint` is empty where AWS itself is meant."""

    stage: Stage
    table: str = Field(min_length=3)
    test_clock: bool = False
    aws_endpoint: str = Field(default="", pattern=rf"^$|{BASE_URL}")

    @model_validator(mode="after")
    def aws_itself_but_in_the_local_world(self) -> Self:
        if self.aws_endpoint and self.stage != "local":
            raise ValueError("PINBILL_AWS_ENDPOINT must be empty in this stage")
        return self

    @model_validator(mode="after")
    def no_test_clock_in_production(self) -> Self:
        if self.test_clock and self.stage not in ("local", "sandbox"):
            raise ValueError("PINBILL_TEST_CLOCK must be false in this stage")
        return self


class ShardSettings(Settings):
    """How many partitions the due index has for each rail and partner; the same for all who write subscriptions."""

    due_shards: int = Field(ge=1, le=64)


class CounterSettings(Settings):
    """Where requests are counted."""

    counter_table: str = Field(min_length=3)


class KeySettings(Settings):
    """Where the keys of subscriptions are, and the key of KMS (ARN or alias) under which all of them stand."""

    key_table: str = Field(min_length=3)
    kms_key: str = Field(min_length=3)


class PinGuardSettings(Settings):
    """Figures of the guards of PINs that differ from the code's own, as in "tries=3 spend_a_day=50"."""

    pin_guards: str = ""

    @field_validator("pin_guards")
    @classmethod
    def are_figures(cls, text: str) -> str:
        try:
            parse_figures(text)
        except PartnerInvalid as error:
            raise ValueError(error.detail) from None
        return text

    @property
    def guards(self) -> Guards:
        return Guards().with_own(parse_figures(self.pin_guards))


class PartnerClassSettings(Settings):
    """Which partners the metrics tell from the others, as in "acme=large beta=trial"."""

    partner_classes: str = ""

    @field_validator("partner_classes")
    @classmethod
    def are_classes(cls, text: str) -> str:
        try:
            PartnerClasses.parse(text)
        except PartnerInvalid as error:
            raise ValueError(error.detail) from None
        return text

    @property
    def classes(self) -> PartnerClasses:
        return PartnerClasses.parse(self.partner_classes)


class AllowanceSettings(Settings):
    """The requests of a partner who has no allowance of its own."""

    reads_a_minute: int = Field(ge=1, le=MOST_A_MINUTE)
    reads_a_day: int = Field(ge=1, le=MOST_A_DAY)
    writes_a_minute: int = Field(ge=1, le=MOST_A_MINUTE)
    writes_a_day: int = Field(ge=1, le=MOST_A_DAY)

    @model_validator(mode="after")
    def a_day_is_longer_than_a_minute(self) -> Self:
        for use in ("reads", "writes"):
            if getattr(self, f"{use}_a_day") < getattr(self, f"{use}_a_minute"):
                raise ValueError(f"{PREFIX}{use.upper()}_A_DAY must not be less than {PREFIX}{use.upper()}_A_MINUTE")
        return self

    @property
    def allowance(self) -> Allowance:
        return Allowance(**self.model_dump())


class CallSettings(Settings):
    """How long one provider call may take, in seconds."""

    provider_connect_timeout: float = Field(gt=0)
    provider_read_timeout: float = Field(gt=0)

    @property
    def longest_call(self) -> float:
        """Seconds that a provider call may take, with the writes around it."""
        return self.provider_connect_timeout + self.provider_read_timeout + WRITE_SECONDS


class ProviderSettings(CallSettings):
    """Where the providers are. Raises SettingInvalid where a stage would bill whom it must not, or nobody.

    The template's rules refuse the same before anything is deployed; a variable can be changed by hand since.
    """

    stage: Stage
    provider_secret: str = Field(min_length=1)
    infomedia_base_url: str = Field(pattern=BASE_URL)
    infomedia_prefix: str = Field(pattern=r"^(/[A-Za-z0-9_-]+)+$")
    signzy_base_url: str = Field(pattern=BASE_URL)
    signzy_prefix: str = Field(pattern=r"^(/[A-Za-z0-9_-]+)+$")

    @model_validator(mode="after")
    def simulated_only_in_the_local_world(self) -> Self:
        for name in ("infomedia_base_url", "signzy_base_url"):
            if self.stage != "local" and not getattr(self, name).startswith("https://"):
                raise ValueError(f"{PREFIX}{name.upper()} must be https in this stage")
        return self

    @model_validator(mode="after")
    def test_clocks_bill_nobody(self) -> Self:
        if self.stage in ("local", "sandbox") and self.infomedia_prefix != INFOMEDIA_SANDBOX:
            raise ValueError("PINBILL_INFOMEDIA_PREFIX must be Infomedia's sandbox in this stage")
        if self.stage == "sandbox" and self.signzy_base_url != SIGNZY_SANDBOX:
            raise ValueError("PINBILL_SIGNZY_BASE_URL must be Signzy's preproduction in this stage")
        if self.stage == "local" and self.signzy_base_url.startswith("https://"):
            raise ValueError("PINBILL_SIGNZY_BASE_URL must be the simulated provider's in this stage")
        return self

    @model_validator(mode="after")
    def production_bills_at_production_providers(self) -> Self:
        if self.stage == "production" and self.infomedia_prefix == INFOMEDIA_SANDBOX:
            raise ValueError("PINBILL_INFOMEDIA_PREFIX must not be Infomedia's sandbox in this stage")
        if self.stage == "production" and self.signzy_base_url == SIGNZY_SANDBOX:
            raise ValueError("PINBILL_SIGNZY_BASE_URL must not be Signzy's preproduction in this stage")
        return self


class QuotaSettings(Settings):
    """The billing queue, and what each provider allows: calls a second, and when bills may be asked for.

    Windows are a time zone and local times of day, as in "Asia/Kolkata 00:00-10:00 13:00-17:00 21:30-00:00"; nothing
    stands for any time.
    """

    bill_queue_url: str = Field(pattern=r"^https?://")
    infomedia_rate: float = Field(ge=FEWEST_CALLS_A_SECOND, le=MOST_CALLS_A_SECOND)
    infomedia_windows: str = ""
    signzy_rate: float = Field(ge=FEWEST_CALLS_A_SECOND, le=MOST_CALLS_A_SECOND)
    signzy_windows: str = ""

    @field_validator("infomedia_windows", "signzy_windows")
    @classmethod
    def are_windows(cls, text: str) -> str:
        parse_windows(text)
        return text

    @property
    def paces(self) -> dict[RailName, Pace]:
        return {
            RailName.INFOMEDIA: Pace(self.infomedia_rate, *parse_windows(self.infomedia_windows)),
            RailName.SIGNZY: Pace(self.signzy_rate, *parse_windows(self.signzy_windows)),
        }


class DispatchSettings(Settings):
    """Seconds between two runs of the dispatcher."""

    # Call times are given away for two intervals ahead, and SQS holds a group back for 900 seconds at most.
    run_interval: int = Field(ge=60, le=400)

    @property
    def interval(self) -> timedelta:
        return timedelta(seconds=self.run_interval)


class BillWorkerSettings(CallSettings):
    """How many subscriptions one worker process bills at the same time."""

    worker_threads: int = Field(ge=1, le=64)


def parse_windows(text: str) -> tuple[tuple[Window, ...], str]:
    """Windows and their zone. Raises ValueError for what is neither empty nor a zone with windows."""
    if not text:
        return (), "UTC"
    zone, *windows = text.split()
    found = [WINDOW.fullmatch(window) for window in windows]
    if not found or not _is_zone(zone):
        raise ValueError('expected a time zone and windows, as in "Asia/Kolkata 00:00-10:00 21:30-00:00"')
    parsed = tuple(Window(*map(time.fromisoformat, match.groups())) for match in found if match)
    if len(parsed) < len(found) or any(window.begin == window.end for window in parsed):
        raise ValueError("expected windows of two different times of day, as in 21:30-00:00")
    return parsed, zone


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True
