"""The simulators as a process: state across restarts, clean ends, nothing private on its output."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from local.simulators import SimulatorServer
from tests.integration.simulators.driver import NUMBER, Driver, symptom

_ROOT = Path(__file__).resolve().parents[3]


def test_state_outlives_a_restart(tmp_path: Path) -> None:
    with SimulatorServer(state=tmp_path) as server:
        driver = Driver(server)
        pin = driver.pin()
        mandate = driver.mandate()
        payment = driver.charge(mandate).json()["result"]["payment"]["paymentId"]
        driver.renew(pt="before")
        driver.fault("http_500", times=2)
        assert symptom(driver.renew) == "500"
        driver.post("/control/settings", pin_digits=4)
        driver.advance(86_000)
        driver.close()

    with SimulatorServer(state=tmp_path) as server:
        driver = Driver(server)
        assert [symptom(driver.renew) for _ in range(2)] == ["500", "ok"]
        assert driver.get("/control/settings")["pin_digits"] == 4
        driver.advance(-86_000)
        assert driver.first_bill(pin=pin).json()["conf"]["status"] == "Success"
        driver.advance(90_000)
        assert [row["reference"] for row in driver.debits("provider=infomedia")] == ["before", "renewal-1", "first-1"]
        assert [row["transaction"] for row in driver.debits("provider=signzy")] == [str(payment)]
        driver.close()


def test_a_stopped_server_answers_no_more_even_on_a_kept_connection() -> None:
    server = SimulatorServer().start()
    driver = Driver(server)
    driver.get("/control/health")
    server.stop()

    assert symptom(driver.renew) in ("closed", "reset")
    driver.close()


def test_stopping_ends_what_hangs() -> None:
    server = SimulatorServer().start()
    driver = Driver(server)
    driver.fault("hang", seconds=120)
    seen: list[str] = []
    caller = threading.Thread(target=lambda: seen.append(symptom(lambda: driver.renew(timeout=60))))
    caller.start()
    tick = threading.Event()
    other = Driver(server)
    for _ in range(200):
        if other.calls("fault=hang"):
            break
        tick.wait(0.05)
    server.stop()
    caller.join(30)

    assert seen == ["closed"]
    driver.close()
    other.close()


def test_only_loopback_is_served() -> None:
    with pytest.raises(ValueError, match="loopback"):
        SimulatorServer(host="0.0.0.0")  # noqa: S104


@contextmanager
def _process(state: Path, *more: str) -> Iterator[tuple[subprocess.Popen[str], str, list[str]]]:
    command = [sys.executable, "-m", "local.simulators", "--port", "0", "--state", str(state), *more]
    process = subprocess.Popen(
        command,
        cwd=_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"PYTHONPATH": "."},
    )
    assert process.stdout is not None
    lines = [process.stdout.readline()]
    try:
        yield process, next(word for word in lines[0].split() if word.startswith("http")), lines
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(30)
        process.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_process_and_its_output_tells_nobodys_number(tmp_path: Path, number: signal.Signals) -> None:
    with _process(tmp_path, "--log", "requests") as (process, url, lines):
        key = {"X-Infomedia-Api-Key": "sandbox-key"}
        body = {"u": "sandbox-user", "p": "sandbox-pass", "mx": NUMBER, "mcc": "234", "mnc": "02", "productId": 1}
        assert requests.post(f"{url}/dcbsb/PinGenerateWithParams", json=body, headers=key, timeout=10).ok
        pin = requests.get(f"{url}/handset/{NUMBER}", timeout=10).json()["inbox"][0]["pin"]
        process.send_signal(number)
        assert process.wait(30) == 0
        assert process.stdout is not None
        output = "".join(lines) + process.stdout.read()

    assert "ready" in lines[0]
    assert "POST /dcbsb/PinGenerateWithParams 200" in output
    assert NUMBER not in output
    assert pin not in output


def test_what_a_killed_process_debited_is_still_in_its_ledger(tmp_path: Path) -> None:
    with _process(tmp_path) as (process, url, _):
        key = {"X-Infomedia-Api-Key": "sandbox-key"}
        body = {
            "u": "sandbox-user",
            "p": "sandbox-pass",
            "mx": NUMBER,
            "mcc": "234",
            "mnc": "02",
            "bpid": 1,
            "amount": 1,
        }
        assert requests.post(f"{url}/dcbsb/SendBill", json=body, headers=key, timeout=10).ok
        process.kill()
        process.wait(30)

    with SimulatorServer(state=tmp_path) as server:
        driver = Driver(server)
        assert len(driver.debits()) == 1
        driver.close()


def test_other_credentials_can_be_expected(tmp_path: Path) -> None:
    file = tmp_path / "credentials.json"
    file.write_text('{"signzy": {"access_key": "another"}}', encoding="utf-8")
    with _process(tmp_path / "state", "--credentials", str(file)) as (_, url, _lines):
        path = f"{url}/api/v3/eNach/eMandates/1"

        assert requests.get(path, headers={"Authorization": "sandbox-access-key"}, timeout=10).status_code == 401
        assert requests.get(path, headers={"Authorization": "another"}, timeout=10).status_code == 404
