"""The local AWS: a ministack process with its own port, state folder and log."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config

from local.progress import say
from local.world.child import Child
from local.world.environment import REGION, ROOT, child_environment, local_credentials
from local.world.errors import WorldError
from local.world.ports import HOST
from local.world.runtime import Runtime, emulator_tools

_STOP_SECONDS = 20.0
_SERVER = Path(__file__).with_name("strict_aws.py")


class LocalAws:
    """A context manager, also of use alone where a test needs DynamoDB or SQS and no stack.

    State stays in `home`. It is saved when the process is asked to end: a killed one forgets its session.
    """

    def __init__(self, home: Path, port: int, calls: Path | None = None, runtime: Runtime = Runtime.MINISTACK) -> None:
        """Take where state and logs live, the loopback port, the file that roles' calls are written to, if any, and
        what runs the functions."""
        self.url = f"http://{HOST}:{port}"
        self._home = home.resolve()
        self._port = port
        self._calls = calls
        self._runtime = runtime
        self._child: Child | None = None
        self._session = boto3.Session("test", "test", region_name=REGION)

    @property
    def pid(self) -> int:
        """The process whose children run the functions; raises WorldError where it was not started."""
        if self._child is None:
            raise WorldError("the local AWS was not started")
        return self._child.pid

    def client(self, service: str, *, repeatable: bool = False) -> Any:
        """Return a boto3 client without retries, as an ambiguous answer would hide in them.

        With `repeatable`, calls that take long are made again: for what does the same however often it is done.
        """
        # boto3-stubs knows services by literal names only.
        make: Any = self._session.client
        config = Config(retries={"total_max_attempts": 1})
        if repeatable:
            config = Config(retries={"total_max_attempts": 4}, read_timeout=15)
        return make(service, endpoint_url=self.url, config=config)

    def launch(self) -> None:
        """Start the process without waiting for it."""
        state, scratch = self._home / "state", self._home / "scratch"
        # Unpacked code of earlier sessions; the local AWS unpacks it anew.
        shutil.rmtree(scratch, ignore_errors=True)
        for folder in (state / "aws", state / "s3", scratch):
            folder.mkdir(parents=True, exist_ok=True)
        settings = local_credentials(self.url) | {
            "GATEWAY_PORT": str(self._port),
            "BIND_HOST": HOST,
            # Each function may do what its role in the template allows, and nothing else.
            "AUTH": "true",
            "MINISTACK_REGION": REGION,
            "PERSIST_STATE": "1",
            "STATE_DIR": str(state / "aws"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(state / "s3"),
            "TMPDIR": str(scratch),
            # Listeners on ports of their own that nothing here uses.
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
        }
        if self._calls is not None:
            settings["PINBILL_CALLS"] = str(self._calls)
        if self._runtime is Runtime.RIE:
            settings["PINBILL_EMULATOR"] = emulator_tools(scratch)
        command = [str(ROOT / ".venv-aws" / "bin" / "python"), "-P", str(_SERVER)]
        log = self._home / "logs" / "aws.log"
        self._child = Child("the local AWS", command, child_environment(**settings), log, ROOT)

    def wait_until_healthy(self) -> None:
        """Return once it answers; raises WorldError with the end of its log when it does not."""
        if self._child is None:
            raise WorldError("the local AWS was not started")
        self._child.wait_until_healthy(f"{self.url}/_ministack/health", seconds=30)

    def require_running(self) -> None:
        """Raise WorldError when it has ended by itself."""
        if self._child is not None:
            self._child.require_running()

    def stop(self) -> None:
        """Ask it to save its state and end; does nothing where it was not started."""
        child, self._child = self._child, None
        if child is not None and not child.stop(_STOP_SECONDS):
            say("the local AWS did not end when asked and was killed: what it held since its start is lost")

    def __enter__(self) -> Self:
        try:
            self.launch()
            self.wait_until_healthy()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
