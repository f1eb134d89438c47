"""What the functions import first, each time in a fresh interpreter."""

import subprocess
import sys

from tests.unit.project.template import ROOT

RESOLVERS = "aws_lambda_powertools.event_handler"


def run(code: str) -> str:
    """What it prints."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, gc\n{code}"],
        env={"PYTHONPATH": str(ROOT / "layers" / "common")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr
    return done.stdout.strip()


def test_no_garbage_is_looked_for_until_all_is_loaded() -> None:
    code = """
import pinbill.loading
before = gc.isenabled()
pinbill.loading.done()
print(before, gc.isenabled(), gc.get_freeze_count() > 0)
"""
    assert run(code) == "False True True"


def test_the_rest_resolver_is_loaded_without_the_others() -> None:
    code = f"""
import pinbill.loading
from {RESOLVERS} import APIGatewayRestResolver, Response, content_types
from {RESOLVERS}.openapi.params import Path
APIGatewayRestResolver(enable_validation=True)
from {RESOLVERS}.api_gateway import Response as same
print(Response is same, content_types.__name__, "asyncio" in sys.modules, "{RESOLVERS}.appsync" in sys.modules)
"""
    assert run(code) == f"True {RESOLVERS}.content_types False False"


def test_what_only_the_whole_package_has_is_found() -> None:
    code = f"""
import pinbill.loading
from {RESOLVERS} import AppSyncResolver, Response
import {RESOLVERS} as package
from {RESOLVERS}.appsync import AppSyncResolver as same
print(AppSyncResolver is same is package.AppSyncResolver, Response is package.Response)
"""
    assert run(code) == "True True"


def test_what_is_nowhere_is_not_found() -> None:
    code = f"""
import pinbill.loading
try:
    from {RESOLVERS} import nothing
except ImportError as error:
    print(error.name)
"""
    assert run(code) == RESOLVERS


def test_a_package_that_is_loaded_stays() -> None:
    code = f"""
import {RESOLVERS} as before
import pinbill.loading
import {RESOLVERS} as after
print(before is after, type(after).__name__)
"""
    assert run(code) == "True module"
