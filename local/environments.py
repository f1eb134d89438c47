"""Makes the virtual environments from their locks, and the locks from requirements/*.in. Standard library only."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from local.progress import say, step

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ROOT / "requirements"
# One environment each: ministack, the SAM command line and checkov pin libraries that would hold the tests back.
# What ships has one of its own, so that the bill of materials names nothing else.
LOCK_OF = {
    ".venv": "dev.txt",
    ".venv-aws": "aws.txt",
    ".venv-sam": "sam.txt",
    ".venv-checkov": "checkov.txt",
    ".venv-sbom": "sbom.txt",
    ".venv-ships": "../layers/common/requirements.txt",
}
# What only `make validate` or `make sbom` needs is made when it is first run.
_LATER = {".venv-checkov", ".venv-sbom", ".venv-ships"}
_INSTALLER = ".venv-uv"
_STAMP = "installed-lock.sha256"
# Universal: one lock for Linux and macOS. No index address may enter a lock.
_LOCK_OPTIONS = (
    *("--python-version", "3.13", "--universal", "--upgrade", "--quiet"),
    *("--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"),
)


class EnvironmentSetupError(Exception):
    """An environment could not be made; the message holds the installer's last lines."""


def set_up(names: Sequence[str]) -> None:
    """Bring the named environments to their locks, in parallel; does nothing where the lock is installed already."""
    with _one_at_a_time():
        stale = [name for name in names if not _is_current(name)]
        if not stale:
            return
        with step("installer"):
            uv = _installer()
        with ThreadPoolExecutor(len(stale)) as pool:
            list(pool.map(lambda name: _install(name, uv), stale))


def relock() -> None:
    """Resolve every requirements/*.in anew to the newest versions that fit together."""
    uv = _installer()
    if uv is None:
        raise EnvironmentSetupError("locking needs uv, and requirements/uv.txt could not be installed")
    layer = ROOT / "layers" / "common" / "requirements.txt"
    # The layer follows dev.txt, never the other way round: its pins must suit the boto3 that they meet in Lambda.
    jobs: list[tuple[str, Path, list[str]]] = [
        ("uv.in", REQUIREMENTS / "uv.txt", ["--generate-hashes"]),
        ("dev.in", REQUIREMENTS / "dev.txt", ["--generate-hashes"]),
        ("aws.in", REQUIREMENTS / "aws.txt", ["--generate-hashes"]),
        ("sam.in", REQUIREMENTS / "sam.txt", ["--generate-hashes"]),
        ("checkov.in", REQUIREMENTS / "checkov.txt", ["--generate-hashes"]),
        ("sbom.in", REQUIREMENTS / "sbom.txt", ["--generate-hashes"]),
        ("runtime.in", layer, ["--generate-hashes", "--constraint", str(REQUIREMENTS / "dev.txt")]),
    ]
    for source, target, options in jobs:
        with step(f"lock {source}"):
            files = [str(REQUIREMENTS / source), "--output-file", str(target)]
            _run([str(uv), "pip", "compile", *files, *options, *_LOCK_OPTIONS, "--python", sys.executable])
        say(f"  {target.relative_to(ROOT)}")


def _install(name: str, uv: Path | None) -> None:
    lock = REQUIREMENTS / LOCK_OF[name]
    home = ROOT / name
    python = home / "bin" / "python"
    with step(f"environment {name}"):
        shutil.rmtree(home, ignore_errors=True)
        venv.create(home, with_pip=uv is None, symlinks=True)
        if uv is not None:
            _run([str(uv), "pip", "sync", "--quiet", "--require-hashes", "--python", str(python), str(lock)])
        else:
            _run([str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "-r", str(lock)])
    (home / _STAMP).write_text(_fingerprint(name))


def _installer() -> Path | None:
    """Return uv in an environment of its own, or None where only pip by its own settings reaches the index."""
    home = ROOT / _INSTALLER
    uv = home / "bin" / "uv"
    stamp = home / _STAMP
    lock = REQUIREMENTS / "uv.txt"
    fingerprint = hashlib.sha256(lock.read_bytes()).hexdigest()
    if not (uv.exists() and stamp.exists() and stamp.read_text() == fingerprint):
        venv.create(home, clear=True, with_pip=True, symlinks=True)
        pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _run([*pip, "--require-hashes", "-r", str(lock)])
        stamp.write_text(fingerprint)
    reachable = subprocess.run(
        [str(uv), "pip", "compile", "--quiet", "--no-deps", "--no-header", "-"],
        input="pip",
        text=True,
        capture_output=True,
        check=False,
    )
    return uv if reachable.returncode == 0 else None


def _is_current(name: str) -> bool:
    stamp = ROOT / name / _STAMP
    return stamp.exists() and stamp.read_text() == _fingerprint(name)


def _fingerprint(name: str) -> str:
    """Change with the lock and with the interpreter, so that a moved or upgraded Python rebuilds the environment."""
    content = (REQUIREMENTS / LOCK_OF[name]).read_bytes()
    return hashlib.sha256(content + str(Path(sys.executable).resolve()).encode() + str(ROOT).encode()).hexdigest()


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Let two make commands started together wait for each other instead of deleting each other's environment."""
    folder = ROOT / ".local"
    folder.mkdir(exist_ok=True)
    with (folder / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise EnvironmentSetupError(f"{' '.join(command[:4])} ... failed:\n{tail}")


def main(arguments: Sequence[str]) -> int:
    """Run as `python -m local.environments [--lock | ENVIRONMENT ...]`, by the Python that they shall use."""
    try:
        if list(arguments) == ["--lock"]:
            relock()
        else:
            set_up(list(arguments) or [name for name in LOCK_OF if name not in _LATER])
    except EnvironmentSetupError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
