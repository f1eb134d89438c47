"""The local world that another process holds up, as found in the file that it keeps for `sam local`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from local.world import LocalAws, WorldError
from local.world.sam_local import FILE_NAME, Variables, read_variables


@dataclass(frozen=True, slots=True)
class RunningWorld:
    """`variables` are those of each deployed function, by logical id; `home` is where the world's state lives."""

    home: Path
    variables: Variables

    @classmethod
    def find(cls, home: Path) -> Self:
        """Raise WorldError where no world is up."""
        try:
            return cls(home, read_variables(home / FILE_NAME))
        except FileNotFoundError:
            raise WorldError("the local world is not up: start it with make run in another terminal") from None

    @property
    def sam_local_file(self) -> Path:
        return self.home / FILE_NAME

    @property
    def table(self) -> str:
        return self._of_confirm("PINBILL_TABLE")

    @property
    def secret(self) -> str:
        return self._of_confirm("PINBILL_PROVIDER_SECRET")

    @property
    def simulators_url(self) -> str:
        return self._of_confirm("PINBILL_INFOMEDIA_BASE_URL")

    def client(self, service: str) -> Any:
        """A boto3 client of its local AWS."""
        port = urlsplit(self._of_confirm("PINBILL_AWS_ENDPOINT")).port
        if port is None:
            raise WorldError(f"{self.sam_local_file} names no port of the local AWS: restart make run")
        return LocalAws(self.home, port).client(service)

    def _of_confirm(self, name: str) -> str:
        """A variable that every function has, or at least this one."""
        return self.variables["PinConfirmFunction"][name]
