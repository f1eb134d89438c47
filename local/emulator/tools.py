"""What an execution environment is made with: the emulator, an interpreter, and the libraries of Lambda's runtime."""

from __future__ import annotations

import json
import platform
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Self

# Of the python3.13 runtime, beside the standard library. Its urllib3 and jmespath stand behind the layer's.
LIBRARIES = ("boto3", "botocore", "s3transfer", "dateutil", "six", "jmespath", "urllib3")
# What talks to the emulator, besides.
RUNTIME = (*LIBRARIES, "awslambdaric", "snapshot_restore_py", "simplejson", "runtime_client")
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Tools:
    """Paths of the emulator, of the interpreter that runs functions, and of the folder of the runtime's libraries."""

    emulator: Path
    python: Path
    libraries: Path

    @classmethod
    def gather(cls, libraries: Path) -> Self:
        """Of this environment and .venv-sam; what the runtime has is linked into the folder `libraries`.

        Raises FileNotFoundError where there is no emulator, which comes with the SAM command line.
        """
        for name in RUNTIME:
            spec = find_spec(name)
            if spec is None or spec.origin is None:
                raise FileNotFoundError(name)
            origin = Path(spec.origin)
            place = origin.parent if origin.name == "__init__.py" else origin
            (libraries / place.name).symlink_to(place)
        return cls(emulator(), Path(sys.executable), libraries)

    @classmethod
    def read(cls, text: str) -> Self:
        """What `written` has written."""
        return cls(*map(Path, json.loads(text)))

    @property
    def written(self) -> str:
        return json.dumps([str(self.emulator), str(self.python), str(self.libraries)])


def emulator() -> Path:
    """The emulator for this machine's processor, which the SAM command line brings for its containers."""
    processor = "arm64" if platform.machine().lower() in {"arm64", "aarch64"} else "x86_64"
    places = (ROOT / ".venv-sam" / "lib").glob(f"python*/site-packages/samcli/local/rapid/aws-lambda-rie-{processor}")
    found = next(places, None)
    if found is None:
        raise FileNotFoundError(f"aws-lambda-rie-{processor}")
    return found
