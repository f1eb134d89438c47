"""How an answer goes wrong on its way: held, dropped, cut, garbled, redirected, reshaped."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Response, request

from local.simulators.fault_kinds import LONGEST_HOLD_SECONDS
from local.simulators.faults import Fault

WIRE_HEADER = "X-Simulator-Wire"
"""Never sent: tells the server what to do to the connection (rst, fin or cut)."""

ErrorBody = Callable[[int, str], dict[str, Any]]

_PAGE = "<!doctype html><html><head><title>Service</title></head><body><h1>{text}</h1></body></html>"
_GATEWAY = {502: "Bad Gateway", 504: "Gateway Time-out"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation would answer. `early` are callbacks to deliver before the answer leaves."""

    outcome: str
    body: dict[str, Any]
    http_status: int = 200
    early: list[int] = field(default_factory=list)


class Transport:
    """Sends answers, whole or spoilt. Holds are real time and end at once when `stopping` is set."""

    def __init__(self, stopping: threading.Event, hold_seconds: Callable[[], float]) -> None:
        self._stopping = stopping
        self._hold_seconds = hold_seconds

    def hold(self, seconds: float | None) -> None:
        """Wait; None stands for the knob's length."""
        wanted = self._hold_seconds() if seconds is None else seconds
        self._stopping.wait(min(wanted, LONGEST_HOLD_SECONDS))

    def instead(self, fault: Fault, error_body: ErrorBody) -> Response:
        """The answer of a call for which nothing was done."""
        args = fault.args
        match fault.name:
            case "timeout_before_debit" | "hang":
                self.hold(args["seconds"])
                return _broken("fin")
            case "land_late":
                self.hold(args["hold_seconds"])
                return _broken("rst")
            case "throttle":
                answer = as_json(error_body(429, "Rate limit is exceeded. Try again later."), 429)
                answer.headers["Retry-After"] = str(args["retry_after"])
                return answer
            case "http_500":
                return as_json(error_body(500, "Internal server error"), 500)
            case "http_502" | "http_504":
                status = int(fault.name.removeprefix("http_"))
                return Response(_PAGE.format(text=f"{status} {_GATEWAY[status]}"), status, mimetype="text/html")
            case "garbage":
                return Response(_PAGE.format(text="Down for maintenance"), 200, mimetype="text/html")
            case "redirect":
                away = f"http://localhost:{request.environ['SERVER_PORT']}/elsewhere"
                return Response("", 302, headers={"Location": args["location"] or away})
            case _:
                return _broken(args.get("how", "rst"))

    def afterwards(self, fault: Fault | None, answer: Answer, error_body: ErrorBody) -> Response:
        """The answer of a call that was carried out."""
        if fault is None:
            return as_json(answer.body, answer.http_status)
        match fault.name:
            case "timeout_after_debit":
                self.hold(fault.args["seconds"])
                return _broken("fin")
            case "drop_after_debit":
                return _broken(fault.args["how"])
            case "http_500_after_debit":
                return as_json(error_body(500, "Internal server error"), 500)
            case "garbage_after_debit":
                return Response(_PAGE.format(text="Thank you"), 200, mimetype="text/html")
            case "wrong_json":
                return as_json({"reply": {"code": 17, "items": []}}, 200)
            case "truncated":
                return _truncated(as_json(answer.body, answer.http_status), fault.args["how"])
            case _:
                return as_json(_reshaped(fault, answer.body), answer.http_status)


def as_json(body: dict[str, Any], http_status: int) -> Response:
    """A JSON answer."""
    return Response(json.dumps(body), http_status, mimetype="application/json")


def status_sent(response: Response) -> int | None:
    """The HTTP status as the client sees it; None when no answer is sent."""
    return None if response.headers.get(WIRE_HEADER) in ("rst", "fin") else response.status_code


def _broken(how: str) -> Response:
    return Response("", 200, headers={WIRE_HEADER: how})


def _truncated(whole: Response, how: str) -> Response:
    if how == "connection":
        whole.headers[WIRE_HEADER] = "cut"
        return whole
    data = whole.get_data()
    return Response(data[: len(data) // 2], whole.status_code, mimetype="application/json")


def _reshaped(fault: Fault, body: dict[str, Any]) -> dict[str, Any]:
    match fault.name:
        case "d_wrapped":
            return {"d": body}
        case "unwrapped":
            inner = body.get("result")
            return inner if isinstance(inner, dict) else body
        case "missing_txid":
            return _everywhere(body, _without_id)
        case "string_types":
            return _everywhere(body, _as_strings)
        case "unknown_status":
            shown = {"status": fault.args["status"]}
            return _everywhere(body, lambda part: part | shown if "paymentId" in part else part)
        case _:
            return body


def _everywhere(body: dict[str, Any], change: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """The body with a change made to it and to every object inside it."""

    def inside(value: Any) -> Any:
        if isinstance(value, dict):
            return _everywhere(value, change)
        return [inside(item) for item in value] if isinstance(value, list) else value

    return change({name: inside(value) for name, value in body.items()})


def _without_id(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in ("txid", "paymentId")}


def _as_strings(body: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, bool | int | float) else value for name, value in body.items()}
