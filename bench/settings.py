"""How the stack of a benchmark is set up: the template's parameters, with its defaults where they matter."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.latency import USUAL, Latency
from bench.renewal_rows import environment
from pinbill.domain.catalog import RailName

TABLE, SHARDS = "pinbill-bench", 4
MOST_THREADS = 64  # of the template


@dataclass(frozen=True, slots=True)
class Settings:
    """The template's parameters, with its defaults where they matter."""

    rates: Mapping[RailName, float] = field(default_factory=lambda: dict.fromkeys(RailName, 5.0))
    windows: Mapping[RailName, str] = field(default_factory=dict)
    interval: int = 60
    threads: int = 64
    concurrency: int = 10
    memory_mb: int = 512
    read_timeout: float = 60.0
    cpu_seconds: float = 0.0016  # of a renewal, on a whole processor: what bench.renewal_cpu prints
    latency: Latency = USUAL

    def environ(self) -> dict[str, str]:
        rates = {f"PINBILL_{rail.upper()}_RATE": str(rate) for rail, rate in self.rates.items()}
        windows = {f"PINBILL_{rail.upper()}_WINDOWS": text for rail, text in self.windows.items()}
        given = environment("http://127.0.0.1:1", "http://127.0.0.1:1", min(MOST_THREADS, self.threads))
        others = {
            "PINBILL_TABLE": TABLE,
            "PINBILL_RUN_INTERVAL": str(self.interval),
            "PINBILL_PROVIDER_READ_TIMEOUT": str(self.read_timeout),
            "PINBILL_DUE_SHARDS": str(SHARDS),
            "POWERTOOLS_SERVICE_NAME": "pinbill",
            "AWS_DEFAULT_REGION": "eu-west-2",
        }
        return {**given, **rates, **windows, **others}
