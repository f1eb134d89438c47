"""Run in a fresh interpreter: starts the one handler that is on its path, or the floor, and says what it took.

The standard library only. The floor is what a function of this kind cannot do without: a DynamoDB client of boto3's,
pydantic, the logger of Powertools, and requests.
"""

import sys
import time


def floor() -> None:
    import boto3  # noqa: PLC0415
    import requests  # noqa: F401, PLC0415
    from aws_lambda_powertools import Logger  # noqa: PLC0415
    from pydantic import BaseModel  # noqa: F401, PLC0415

    boto3.client("dynamodb")
    Logger()


def handler() -> None:
    import app  # type: ignore[import-not-found]  # noqa: F401, PLC0415  # the function's folder is on the path


def resident_kb() -> int:
    """Of this process now; 0 where the system does not say."""
    try:
        with open("/proc/self/status") as status:  # noqa: PTH123  # pathlib would count among the modules
            lines = [line.split() for line in status if line.startswith("VmRSS:")]
    except OSError:
        return 0
    return int(lines[0][1])


def main() -> None:
    start = floor if sys.argv[1] == "floor" else handler
    wall, cpu = time.perf_counter(), time.process_time()
    start()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    modules, memory = sorted(sys.modules), resident_kb()
    import gc  # noqa: PLC0415  # not before the modules are counted, as the next
    import json  # noqa: PLC0415

    found = {
        "cpu_ms": cpu * 1000,
        "wall_ms": wall * 1000,
        "memory_kb": memory,
        "modules": modules,
        "collects": gc.isenabled(),
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
