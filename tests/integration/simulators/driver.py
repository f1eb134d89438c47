"""Speaks both wire contracts to the simulators, written out by hand so that no product code tests itself."""

from collections.abc import Callable
from typing import Any

import requests

from local.simulators import SimulatorServer

SANDBOX = {"folder": "dcbsb", "key": "sandbox-key", "u": "sandbox-user", "p": "sandbox-pass"}
PRODUCTION = {"folder": "dcb", "key": "production-key", "u": "production-user", "p": "production-pass"}
ACCESS_KEY = "sandbox-access-key"
EMANDATES = "/api/v3/eNach/eMandates"
SERVICE, BILLING_PRODUCT = 92000000, 91000000
NUMBER = "447700900001"
BILL: dict[str, Any] = {"bpid": BILLING_PRODUCT, "amount": 4.99, "itemDescription": "Chess"}


class Driver:
    """A partner's hand-written client of one running simulator."""

    def __init__(self, server: SimulatorServer) -> None:
        self.server = server
        self.url = server.url
        self.session = requests.Session()

    def close(self) -> None:
        self.session.close()

    def infomedia(
        self, method: str, product: dict[str, str] = SANDBOX, timeout: float = 10, **fields: Any
    ) -> requests.Response:
        """POST one method; a field of None is left out."""
        body = {"mx": NUMBER, "mcc": "234", "mnc": "02", "u": product["u"], "p": product["p"]} | fields
        return self.session.post(
            f"{self.url}/{product['folder']}/{method}",
            json={name: value for name, value in body.items() if value is not None},
            headers={"X-Infomedia-Api-Key": product["key"]},
            timeout=timeout,
            allow_redirects=False,
        )

    def ask_pin(self, msisdn: str = NUMBER, timeout: float = 10) -> requests.Response:
        return self.infomedia("PinGenerateWithParams", mx=msisdn, productId=SERVICE, timeout=timeout)

    def pin(self, msisdn: str = NUMBER) -> str:
        """Ask for a PIN and read it on the handset."""
        assert self.ask_pin(msisdn).json()["status"] == "Success"
        return str(self.get(f"/handset/{msisdn}")["inbox"][-1]["pin"])

    def first_bill(self, msisdn: str = NUMBER, pin: str | None = None, **fields: Any) -> requests.Response:
        typed = pin if pin is not None else self.pin(msisdn)
        return self.infomedia("SendBillWithPIN", **(BILL | {"mx": msisdn, "pt": "first-1", "pin": typed} | fields))

    def renew(self, msisdn: str = NUMBER, **fields: Any) -> requests.Response:
        return self.infomedia("SendBill", **(BILL | {"mx": msisdn, "pt": "renewal-1"} | fields))

    def activity(self, method: str, msisdn: str = NUMBER, kind: str = "Subscribe", **fields: Any) -> requests.Response:
        return self.infomedia(method, mx=msisdn, productId=SERVICE, activityType=kind, pt="activity-1", **fields)

    def signzy(
        self, verb: str, path: str, timeout: float = 10, key: str = ACCESS_KEY, **more: Any
    ) -> requests.Response:
        return self.session.request(
            verb,
            self.url + EMANDATES + path,
            headers={"Authorization": key},
            timeout=timeout,
            allow_redirects=False,
            **more,
        )

    def mandate(self, **fields: Any) -> int:
        """An active on-demand mandate of at most 500 rupees."""
        return int(self.post("/control/mandates", **({"maxAmount": 500} | fields))["subReferenceId"])

    def charge(self, mandate: int, amount: Any = 99, timeout: float = 10) -> requests.Response:
        return self.signzy("POST", f"/{mandate}/charge", timeout=timeout, json={"amount": amount})

    def payments(self, mandate: int) -> list[dict[str, Any]]:
        return list(self.signzy("GET", f"/{mandate}/payments").json()["result"]["payments"])

    def get(self, path: str) -> Any:
        answer = self.session.get(self.url + path, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, **body: Any) -> Any:
        answer = self.session.post(self.url + path, json=body, timeout=10)
        assert answer.ok, answer.text
        return answer.json()

    def fault(self, name: str, **more: Any) -> int:
        return int(self.post("/control/faults", fault=name, **more)["id"])

    def debits(self, query: str = "") -> list[dict[str, Any]]:
        return list(self.get(f"/control/ledger?{query}")["debits"])

    def accepted(self) -> list[dict[str, Any]]:
        return list(self.get("/control/ledger")["accepted"])

    def calls(self, query: str = "") -> list[dict[str, Any]]:
        return list(self.get(f"/control/calls?{query}")["calls"])

    def advance(self, seconds: float) -> dict[str, Any]:
        return dict(self.post("/control/clock", advance_seconds=seconds))


def symptom(call: Callable[[], requests.Response]) -> str:
    """What a careful client would see of one call, in one or two words."""
    try:
        answer = call()
    except requests.ReadTimeout:
        return "no answer"
    except requests.exceptions.ChunkedEncodingError:
        return "cut"
    except requests.ConnectionError as problem:
        return "reset" if "reset by peer" in str(problem) else "closed"
    if answer.status_code != 200:
        return str(answer.status_code)
    if "html" in answer.headers["Content-Type"]:
        return "page"
    try:
        body = answer.json()
    except requests.exceptions.JSONDecodeError:
        return "half"
    return _meaning(body)


def _meaning(body: dict[str, Any]) -> str:
    inner = body.get("d") or body.get("result") or body
    code = str(inner.get("description", ""))[:2]
    if "payment" in inner:
        return str(inner["payment"]["status"])
    if inner.get("status") not in ("Success", "Error"):
        return "strange"
    if inner["status"] == "Error":
        return f"error {code}"
    if inner.get("conf") and inner["conf"]["status"] != "Success":
        return f"declined {code}"
    return "ok"
