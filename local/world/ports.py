"""Which loopback ports the local world listens on."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass

from local.world.errors import WorldError

HOST = "127.0.0.1"
_DEFAULTS = {"AWS_PORT": 4566, "SIM_PORT": 8420}


@dataclass(frozen=True, slots=True)
class Ports:
    """One port for the local AWS, which also serves our API, and one for the simulated providers."""

    aws: int
    simulators: int

    @classmethod
    def from_environment(cls) -> Ports:
        """Read AWS_PORT and SIM_PORT; raises WorldError where one is no port number."""
        return cls(_read("AWS_PORT"), _read("SIM_PORT"))

    @classmethod
    def free(cls) -> Ports:
        """Take two ports that nobody listens on now, for tests."""
        with socket.socket() as first, socket.socket() as second:
            first.bind((HOST, 0))
            second.bind((HOST, 0))
            return cls(first.getsockname()[1], second.getsockname()[1])

    def require_free(self) -> None:
        """Raise WorldError, naming the variable to change, where somebody listens already."""
        for variable, port in (("AWS_PORT", self.aws), ("SIM_PORT", self.simulators)):
            with socket.socket() as probe:
                # As a server would: connections of an earlier run that only linger do not count as taken.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((HOST, port))
                except OSError as error:
                    raise WorldError(
                        f"port {port} is taken: choose another one, for example make run {variable}={port + 1}"
                    ) from error


def _read(variable: str) -> int:
    text = os.environ.get(variable) or str(_DEFAULTS[variable])
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise WorldError(f"{variable} must be a port number from 1 to 65535, not {text!r}")
    return int(text)
