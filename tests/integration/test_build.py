"""`sam build` packs what Lambda runs: the package, its dependencies, and wheels of the right processor."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.world.bundle import ARCHITECTURES, build

MACHINE_OF = {"arm64": "aarch64", "x86_64": "x86_64"}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_layer_holds_wheels_of_the_functions_processor_only(architecture: str) -> None:
    layer = build(architecture) / "CommonLayer" / "python"

    native = [path.name for path in layer.rglob("*.so")]

    assert any(name.startswith("_pydantic_core") for name in native)
    assert {elf_machine(path) for path in layer.rglob("*.so")} == {MACHINE_OF[architecture]}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_layer_holds_the_package_and_its_dependencies_at_its_top(architecture: str) -> None:
    layer = build(architecture) / "CommonLayer" / "python"

    assert (layer / "pinbill" / "__init__.py").is_file()
    assert (layer / "requests" / "__init__.py").is_file()
    # The Lambda runtime brings boto3.
    assert not (layer / "boto3").exists()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_bundle_starts_from_byte_code(architecture: str) -> None:
    bundle = build(architecture)

    sources = list(bundle.glob("CommonLayer/python/pinbill/**/*.py"))

    assert sources
    tag = sys.implementation.cache_tag
    assert all((path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc").is_file() for path in sources)


def test_the_package_imports_with_only_the_layer_on_the_path() -> None:
    layer = build("x86_64" if os.uname().machine == "x86_64" else "arm64") / "CommonLayer" / "python"
    program = "import pinbill, pydantic, requests, aws_lambda_powertools, tzdata; print(pinbill.__file__)"

    done = subprocess.run(
        [sys.executable, "-S", "-c", program],
        env={"PYTHONPATH": str(layer)},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stderr == ""
    assert Path(done.stdout.strip()) == layer / "pinbill" / "__init__.py"


def elf_machine(path: Path) -> str:
    """Return the processor that a shared object was made for, from its ELF header."""
    number = int.from_bytes(path.read_bytes()[18:20], "little")
    return {0x3E: "x86_64", 0xB7: "aarch64"}[number]
