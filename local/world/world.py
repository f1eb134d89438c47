"""Starts, asks and stops the local world; used by `make run` and by the end-to-end tests alike."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, override

from local.progress import say, step
from local.world import bundle, sam_local, stack
from local.world.child import Child
from local.world.container_relay import ContainerRelay
from local.world.deployed import Deployed
from local.world.environment import ROOT, child_environment, local_credentials
from local.world.errors import WorldError
from local.world.local_aws import LocalAws
from local.world.occupancy import Occupancy
from local.world.ports import HOST, Ports
from local.world.runtime import Runtime
from local.world.secret import SECRET_NAME, ensure_provider_secret

_STOP_SECONDS = 10.0
MANY_SMS = (
    "tries=10 pins=1000000 sms=1000000 sms_soon=1000000 sms_a_number=1000000 sms_a_number_soon=1000000 "
    "unconfirmed=1000000 unconfirmed_a_block=1000000 unconfirmed_a_prefix=1000000 unconfirmed_an_address=1000000 "
    "spend_a_day=1000000"
)


class World(Deployed):
    """A context manager: inside it, the template runs in a local AWS against the simulated providers.

    State stays in `home` from one run to the next, as long as the world is stopped and not killed.
    """

    def __init__(
        self,
        home: Path = ROOT / ".local",
        ports: Ports | None = None,
        parameters: Mapping[str, str] | None = None,
        calls: Path | None = None,
        runtime: Runtime | None = None,
    ) -> None:
        """Take where state and logs live, the ports, and template parameters that differ from the local defaults.

        Every call that the functions make of AWS is written to the file `calls`, if one is named. The variable RUNTIME
        says what runs them where `runtime` does not.
        """
        self.home = home.resolve()
        self.ports = ports or Ports.from_environment()
        self.aws = LocalAws(self.home, self.ports.aws, calls, runtime or Runtime.from_environment())
        self.parameters = {
            "Stage": "local",
            "Architecture": bundle.host_architecture(),
            "SimulatorsUrl": self.simulators_url,
            "AwsEndpoint": self.aws.url,
            "ProviderSecretName": SECRET_NAME,
            "BillingIntervalSeconds": "60",
            # Whoever moves the clock would else find the bank's window closed.
            "SignzyBillingWindows": "",
            # Tests, drills and fuzzers are one partner who asks as fast as this machine answers.
            "PartnerReadsAMinute": "30000",
            "PartnerReadsADay": "43200000",
            "PartnerWritesAMinute": "30000",
            "PartnerWritesADay": "43200000",
            # And it has a thousand numbers, side by side, which it uses again and again. Tries stay guarded.
            "PinGuards": MANY_SMS,
            "ApiRequestsPerSecond": "10000",
            # This machine has no more than a few functions at work at a time, and none of them starve another.
            "ReserveConcurrency": "false",
            **(parameters or {}),
        }
        self.outputs = {}
        self.stack_name = stack.STACK_NAME
        self._occupancy = Occupancy(self.home)
        self._relay = ContainerRelay((self.ports.aws, self.ports.simulators))
        self._simulators: Child | None = None

    @property
    def _api_url_file(self) -> Path:
        """Name the file in which a shell finds the API's base address while the world is up."""
        return self.home / "api-url"

    @property
    def sam_local_file(self) -> Path:
        """Name the --env-vars file of `sam local`, which is there while the world is up."""
        return self.home / sam_local.FILE_NAME

    @property
    @override
    def endpoint(self) -> str:
        return self.aws.url

    @property
    @override
    def simulators_url(self) -> str:
        return f"http://{HOST}:{self.ports.simulators}"

    @property
    @override
    def operator_environment(self) -> dict[str, str]:
        return {**local_credentials(self.aws.url), "PINBILL_STACK": self.stack_name}

    @property
    @override
    def secret_name(self) -> str:
        return SECRET_NAME

    @property
    def _operator_file(self) -> Path:
        """Name the file that a shell sources to run operator commands against this world."""
        return self.home / "operator.env"

    @override
    def client(self, service: str, *, repeatable: bool = False) -> Any:
        return self.aws.client(service, repeatable=repeatable)

    def start(self) -> Self:
        """Start everything; raises WorldError with what to do, and leaves nothing running, when something fails."""
        self._occupancy.take()
        try:
            self.ports.require_free()
            self._require_same_port()
            self.aws.launch()
            simulators = self._launch_simulators()
            built = bundle.build(self.parameters["Architecture"])
            with step("local AWS"):
                self.aws.wait_until_healthy()
            ensure_provider_secret(self.client("secretsmanager"))
            self.outputs = stack.deploy(self.aws, built, self.parameters, self.home)
            with step("simulated providers"):
                simulators.wait_until_healthy(f"{self.simulators_url}/control/health", seconds=30)
            self._relay.start()
            self._api_url_file.write_text(self.api_url + "\n")
            self._operator_file.write_text(_exports(self.operator_environment))
            sam_local.write_variables(self.sam_local_file, self.client("lambda"), self.outputs)
        except BaseException:
            self.stop()
            raise
        return self

    def _require_same_port(self) -> None:
        """Raise WorldError where the kept state is of another port: it names its queues by address, port included."""
        kept = self.home / "state" / "aws_port"
        if kept.exists() and kept.read_text() != str(self.ports.aws):
            raise WorldError(
                f"the state in {self.home} belongs to AWS_PORT={kept.read_text()}: "
                "use that port again, or start from nothing with make clean"
            )
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(str(self.ports.aws))

    def require_running(self) -> None:
        """Raise WorldError, with the end of its log, when a server has ended by itself."""
        self.aws.require_running()
        if self._simulators is not None:
            self._simulators.require_running()

    def stop(self) -> None:
        """End exactly the processes that this world started; the local AWS saves its state."""
        with _uninterrupted():
            self._api_url_file.unlink(missing_ok=True)
            self._operator_file.unlink(missing_ok=True)
            self.sam_local_file.unlink(missing_ok=True)
            self._relay.stop()
            self.aws.stop()
            simulators, self._simulators = self._simulators, None
            if simulators is not None and not simulators.stop(_STOP_SECONDS):
                say("the simulated providers did not end when asked and were killed")
            self._occupancy.release()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _launch_simulators(self) -> Child:
        state = self.home / "state" / "simulators"
        state.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "local.simulators", "--host", HOST]
        command += ["--port", str(self.ports.simulators), "--state", str(state)]
        log = self.home / "logs" / "simulators.log"
        self._simulators = Child("the simulated providers", command, child_environment(), log, ROOT)
        return self._simulators


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let a second Ctrl-C not cut short the saving of state; every wait inside is bounded."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


def _exports(variables: Mapping[str, str]) -> str:
    return "".join(f"export {name}={value}\n" for name, value in variables.items())
