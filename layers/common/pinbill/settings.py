"""Typed settings from the environment, in small parts: a function asks only for what its template entry declares."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pinbill.domain.catalog import RailName
from pinbill.errors import SettingInvalid

PREFIX = "PINBILL_"
WRITE_SECONDS = 2.0
BASE_URL = r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$"


class Settings(BaseModel):
    """A part of the settings: field `due_shards` is the variable PINBILL_DUE_SHARDS."""

    model_config = ConfigDict(frozen=True)

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

    stage: Literal["local", "sandbox", "staging", "production"]
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
    """How many partitions the due index has per rail; the same for everyone who writes subscriptions."""

    due_shards: int = Field(ge=1, le=64)


class CallSettings(Settings):
    """How long one provider call may take, in seconds."""

    provider_connect_timeout: float = Field(gt=0)
    provider_read_timeout: float = Field(gt=0)

    @property
    def longest_call(self) -> float:
        """Seconds that a provider call may take, with the writes around it."""
        return self.provider_connect_timeout + self.provider_read_timeout + WRITE_SECONDS


class ProviderSettings(CallSettings):
    """Where the providers are."""

    provider_secret: str = Field(min_length=1)
    infomedia_base_url: str = Field(pattern=BASE_URL)
    infomedia_prefix: str = Field(pattern=r"^(/[A-Za-z0-9_-]+)+$")
    signzy_base_url: str = Field(pattern=BASE_URL)
    signzy_prefix: str = Field(pattern=r"^(/[A-Za-z0-9_-]+)+$")


class DispatchSettings(Settings):
    """The dispatcher's queue and quotas: calls per second for each rail, seconds between two runs."""

    bill_queue_url: str = Field(pattern=r"^https?://")
    infomedia_rate: float = Field(gt=0)
    signzy_rate: float = Field(gt=0)
    run_interval: int = Field(ge=60, le=900)

    @property
    def rates(self) -> dict[RailName, float]:
        return {RailName.INFOMEDIA: self.infomedia_rate, RailName.SIGNZY: self.signzy_rate}

    @property
    def interval(self) -> timedelta:
        return timedelta(seconds=self.run_interval)


class BillWorkerSettings(CallSettings):
    """How many subscriptions one worker process bills at the same time."""

    worker_threads: int = Field(ge=1, le=64)
