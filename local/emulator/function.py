"""A version of a function as its execution environments are given it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local.emulator.tools import Tools


@dataclass(frozen=True, slots=True)
class Function:
    """Environments of equal functions stand in for each other: of one version in one state of its settings.

    `revision` names that state; `seconds` is the timeout, `memory` in MB. `variables` are the function's own, `added`
    are what Lambda adds besides the name: the role's credentials, the region, and how to log.
    """

    name: str
    version: str
    revision: str
    folder: Path
    layers: tuple[Path, ...]
    handler: str
    seconds: int
    memory: int
    variables: Mapping[str, str] = field(compare=False)
    added: Mapping[str, str] = field(compare=False, repr=False)

    def replaces(self, other: Function) -> bool:
        """Whether it is the same version in another state of its settings."""
        return self != other and (self.name, self.version) == (other.name, other.version)

    def environ(self, tools: Tools) -> dict[str, str]:
        """All variables of its processes: none of them is inherited from ours."""
        path = (self.folder, *(layer / "python" for layer in self.layers), tools.libraries)
        return {
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            **self.variables,
            "PYTHONPATH": ":".join(map(str, path)),
            "LAMBDA_TASK_ROOT": str(self.folder),
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_VERSION": self.version,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory),
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(self.seconds),
            **self.added,
        }
