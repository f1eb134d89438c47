"""The lossy way from the functions to AWS: a microburst process with named rules, and what each of them has done."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from local.world.child import Child
from local.world.environment import ROOT, child_environment
from local.world.ports import HOST

_LAUNCHER = Path(__file__).with_name("lossy_proxy.py")
_TIMEOUT = 10
_START_SECONDS, _STOP_SECONDS = 30.0, 5.0
_LOG_SIZE = 2000


@dataclass(frozen=True, slots=True)
class Rule:
    """One microburst rule; `name` is what a reader is told about it."""

    name: str
    spec: Mapping[str, Any]


class LossyProxy:
    """Passes everything on until it is given rules."""

    def __init__(self, home: Path, upstream: str, port: int, seed: int) -> None:
        self.url = f"http://{HOST}:{port}"
        self._command = [str(ROOT / ".venv-aws" / "bin" / "python"), str(_LAUNCHER), str(seed)]
        self._command += ["--upstream", upstream, "--host", HOST, "--port", str(port)]
        self._log = home / "logs" / "proxy.log"
        self._child: Child | None = None
        self._lock = threading.Lock()
        self._names: dict[int, str] = {}
        self._counts: Counter[str] = Counter()

    def start(self) -> None:
        """Start the process; raises WorldError when it does not answer."""
        self._child = Child("the lossy proxy", self._command, child_environment(), self._log, ROOT)
        self._child.wait_until_healthy(f"{self.url}/_microburst/health", _START_SECONDS)

    def stop(self) -> None:
        """End the process; does nothing where it was not started."""
        child, self._child = self._child, None
        if child is not None:
            child.stop(_STOP_SECONDS)

    def use(self, rules: Sequence[Rule]) -> None:
        """Replace all rules; the first that fits a request decides."""
        with self._lock:
            self._take_counts()
            self._call("DELETE", "fired")
            made: list[dict[str, Any]] = self._call("POST", "rules", [dict(rule.spec) for rule in rules])
            self._names = {int(row["id"]): rule.name for row, rule in zip(made, rules, strict=True)}

    def began(self) -> dict[str, float]:
        """When each of the present rules first struck, by its name, in seconds of the system's clock."""
        with self._lock:
            events: list[dict[str, Any]] = self._call("GET", f"fired?limit={_LOG_SIZE}")
            found: dict[str, float] = {}
            for event in events:
                name = self._names.get(int(event["rule_id"]))
                if name is not None:
                    found.setdefault(name, float(event["ts"]))
            return found

    def counts(self) -> Counter[str]:
        """How often the rules of each name have struck since the start."""
        with self._lock:
            return self._counts + self._present()

    def _take_counts(self) -> None:
        self._counts += self._present()

    def _present(self) -> Counter[str]:
        counts: Counter[str] = Counter()
        for row in self._call("GET", "rules"):
            counts[self._names.get(int(row["id"]), "")] += int(row["fired_count"])
        return counts

    def _call(self, verb: str, path: str, body: Any = None) -> Any:
        answer = requests.request(verb, f"{self.url}/_microburst/{path}", json=body, timeout=_TIMEOUT)
        answer.raise_for_status()
        return answer.json()
