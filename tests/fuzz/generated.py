"""Lets Schemathesis make requests from the contract, send them to the deployed API, and judge every answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contract.places import KEPT
from local.template import ROOT
from tests.e2e.desk import Desk
from tests.fuzz.population import Population
from tests.unit.contract.kept import closed

_CONFIG = Path(__file__).with_name("schemathesis.toml")
_HOOKS = "tests.fuzz.hooks"


@dataclass(slots=True)
class Report:
    """What came of it; `output` is Schemathesis's own, with how to repeat each finding."""

    cases: int = 0
    digest: int = 0  # of the requests, in any order
    by_operation: Counter[str] = field(default_factory=Counter)
    by_status: Counter[int] = field(default_factory=Counter)
    codes: set[tuple[str, str]] = field(default_factory=set)
    findings: list[str] = field(default_factory=list)
    exit_code: int = 0
    output: str = ""

    @property
    def is_good(self) -> bool:
        return self.exit_code == 0 and not self.findings

    def lines(self, seed: int) -> Iterator[str]:
        yield f"cases              {self.cases:>7}   seed {seed}, requests {self.digest:08x}"
        yield f"routes             {len(self.by_operation):>7}"
        for label, number in sorted(self.by_operation.items()):
            yield f"  {number:>6}  {label}"
        yield "answers by status"
        for status, number in sorted(self.by_status.items()):
            yield f"  {number:>6}  {status}"
        yield f"problems           {len({code for _, code in self.codes}):>7}   different codes"
        yield f"findings           {len(self.findings):>7}"
        yield from (f"  {one}" for one in sorted(self.findings))


def fuzz(desk: Desk, people: Population, folder: Path, examples: int, seed: int, workers: int, seconds: int) -> Report:
    """At most `examples` cases an operation, beside those that every boundary of the contract gives. Raises when time
    is over."""
    population, answers, strict = folder / "population.json", folder / "answers.jsonl", folder / "strict.json"
    population.write_text(json.dumps(people.as_dict()))
    strict.write_text(json.dumps(_strict(json.loads(KEPT.read_text()))))
    answers.write_text("")
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(_CONFIG), "run", str(strict)),
        *("--url", desk.world.api_url, "--max-examples", str(examples), "--seed", str(seed)),
        *("--workers", str(workers), "--request-timeout", "40", "--continue-on-failure", "--warnings", "off"),
        *("--report", "json", "--report-json-path", str(folder / "report.json")),
    ]
    ended = subprocess.run(
        command,
        env=_environment(desk, population, answers),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    report = Report(exit_code=ended.returncode, output=_without(ended.stdout + ended.stderr, desk))
    for line in answers.read_text().splitlines():
        _count(report, json.loads(line))
    told = json.loads((folder / "report.json").read_text())
    report.findings += [f"{', '.join(one['operations'])}: {one['title']} ({one['code']})" for one in told["failures"]]
    report.findings += [json.dumps(one) for one in told["errors"]]
    return report


def _count(report: Report, answer: Mapping[str, Any]) -> None:
    report.cases += 1
    report.digest = (report.digest + answer["request"]) % 2**32
    report.by_operation[answer["operation"]] += 1
    report.by_status[answer["status"]] += 1
    if answer["code"]:
        report.codes.add((answer["operation"], answer["code"]))


def _strict(contract: dict[str, Any]) -> dict[str, Any]:
    """The contract as a promise: an answer may hold nothing that is not in it, be it a member, a code or a value."""
    contract["components"]["schemas"] = closed(contract["components"]["schemas"])
    contract["components"]["responses"] = closed(contract["components"]["responses"])
    for verbs in contract["paths"].values():
        for operation in verbs.values():
            operation["responses"] = closed(operation["responses"])
    contract["servers"] = [{"url": "/"}]
    return contract


def _environment(desk: Desk, population: Path, answers: Path) -> dict[str, str]:
    """The key stands in no command line."""
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "layers" / "common")]),
        "SCHEMATHESIS_HOOKS": _HOOKS,
        "PINBILL_FUZZ_POPULATION": str(population),
        "PINBILL_FUZZ_REPORT": str(answers),
        "PINBILL_FUZZ_KEY": desk.key,
        "NO_COLOR": "1",
    }


def _without(text: str, desk: Desk) -> str:
    for secret in desk.secrets:
        text = text.replace(secret, "[secret]")
    return text
