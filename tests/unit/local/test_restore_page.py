"""The runbook's page for lost rows: its commands are the operator's, in an order in which they can be typed."""

import shlex

from local.drill.restore_story import COPY, RUNBOOK
from local.pages import calls_of, section
from ops import __main__ as command_line

CALLS = list(calls_of(section(RUNBOOK.read_text(), "Rows are lost, or wrong")))
VALUES = {"$COPIED": "2026-11-22T02:00:00Z", "$FROM": "2026-11-20T02:00:00Z", "$NOW": "2026-11-22T08:00:00Z"}


def typed() -> list[list[str]]:
    """The words of each operator's command of the page."""
    found = []
    for call in CALLS:
        line = call.line
        for name, value in VALUES.items():
            line = line.replace(name, value)
        words = shlex.split(line)
        if words[0] == "make":
            found.append(shlex.split(words[2].removeprefix("ARGS=")))
    return found


def test_every_line_is_an_operators_command_or_the_report_of_a_provider() -> None:
    assert {call.line.split()[0] for call in CALLS} == {"make", "curl"}


def test_every_command_is_one_that_there_is() -> None:
    parser = command_line.parser()
    for words in typed():
        assert callable(parser.parse_args(words).run)


def test_billing_is_stopped_first_and_goes_on_last_and_each_step_is_tried_again() -> None:
    names = [(words[0], "--apply" in words) for words in typed()]
    again = [("restore", False), ("restore", True), ("restore", True)]
    reports = [("reconcile", True), ("reconcile", False)] * 2
    assert names == [("stop", False), *again, *reports, ("go-on", False)]
    assert all(words[1] == COPY for words in typed() if words[0] == "restore")
