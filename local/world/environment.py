"""What children see of our environment: no real AWS account, no proxy on the way to loopback, not our Python path."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REGION = "eu-west-2"

_DROPPED_PREFIXES = ("AWS_", "SAM_", "PYTHON", "PINBILL_", "POWERTOOLS_", "VIRTUAL_ENV")


def child_environment(**additions: str) -> dict[str, str]:
    """Return the variables for a child process, .venv first on the path: `sam build` takes python3.13 and pip there."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_DROPPED_PREFIXES)}
    kept["PATH"] = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    kept["NO_PROXY"] = kept["no_proxy"] = "127.0.0.1,localhost"
    kept["SAM_CLI_TELEMETRY"] = "0"
    kept["PYTHONUNBUFFERED"] = "1"
    return kept | additions


def local_credentials(endpoint: str) -> dict[str, str]:
    """Return the variables that point every AWS client at the local AWS and at no configured account."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
