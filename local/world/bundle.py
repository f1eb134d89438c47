"""Builds the deployable bundle with `sam build`, once for each state of its sources."""

from __future__ import annotations

import fcntl
import hashlib
import platform
from pathlib import Path

from local.progress import step
from local.world.child import run_to_end
from local.world.environment import REGION, ROOT, child_environment

ARCHITECTURES = ("arm64", "x86_64")
_HOME = ROOT / ".aws-sam"
_STAMP = "sources.sha256"


def host_architecture() -> str:
    """Return the Lambda name of this machine's processor."""
    return "arm64" if platform.machine().lower() in {"arm64", "aarch64"} else "x86_64"


def build(architecture: str) -> Path:
    """Return the folder of the built bundle for `arm64` or `x86_64`; builds only when a source has changed."""
    home = _HOME / architecture
    folder = home / "build"
    fingerprint = source_fingerprint(architecture)
    home.mkdir(parents=True, exist_ok=True)
    with (home / "build.lock").open("w") as lock:
        # Two commands started together wait for each other.
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = folder / _STAMP
        if not (stamp.exists() and stamp.read_text() == fingerprint):
            with step(f"build for {architecture}"):
                _sam_build(architecture, home)
                _compile(architecture, folder)
            stamp.write_text(fingerprint)
    return folder


def fingerprint_of(folder: Path) -> str:
    """Return the hash of the sources that a built bundle was made from."""
    return (folder / _STAMP).read_text()


def source_fingerprint(architecture: str) -> str:
    """Return a hash over everything that goes into the bundle."""
    digest = hashlib.sha256(architecture.encode())
    sources = [ROOT / "template.yaml", ROOT / "requirements" / "sam.txt"]
    for folder in (ROOT / "functions", ROOT / "layers"):
        sources += sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    for source in sources:
        digest.update(str(source.relative_to(ROOT)).encode() + b"\0" + source.read_bytes() + b"\0")
    return digest.hexdigest()


def _sam_build(architecture: str, home: Path) -> None:
    command = [str(ROOT / ".venv-sam" / "bin" / "sam"), "build", "--template-file", str(ROOT / "template.yaml")]
    command += ["--cached", "--parallel"]
    command += ["--build-dir", str(home / "build"), "--cache-dir", str(home / "cache")]
    command += ["--parameter-overrides", f"Architecture={architecture}"]
    log = ROOT / ".local" / "logs" / f"build-{architecture}.log"
    # It keeps dependencies below where it stands and clears what it does not know: the other architecture's, too.
    run_to_end("sam build", command, child_environment(AWS_DEFAULT_REGION=REGION), log, cwd=home, seconds=300)


def _compile(architecture: str, folder: Path) -> None:
    """Add byte code, which `sam build` leaves out: without it a handler takes about twice as long to start."""
    command = [str(ROOT / ".venv" / "bin" / "python"), "-m", "compileall", "-q", "-j", "2"]
    # Unchecked: the archive's timestamps are not the sources', and a deployed bundle does not change.
    command += ["--invalidation-mode", "unchecked-hash", "-s", str(folder), str(folder)]
    log = ROOT / ".local" / "logs" / f"compile-{architecture}.log"
    run_to_end("compileall", command, child_environment(), log, ROOT, seconds=120)
