"""Run the simulated providers: python -m local.simulators --port 8420 --state .local/simulators."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from local.simulators.credentials import Credentials
from local.simulators.server import SimulatorServer


def main() -> int:
    """Serve until SIGTERM or SIGINT; the state stays in its folder."""
    parser = argparse.ArgumentParser(prog="python -m local.simulators", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=8420)
    parser.add_argument("--state", type=Path, help="folder of the state; without it nothing is kept")
    parser.add_argument("--credentials", type=Path, help="JSON file with other credentials to expect")
    parser.add_argument("--log", choices=["none", "requests"], default="none")
    options = parser.parse_args()
    credentials = Credentials.read(options.credentials) if options.credentials else None
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    try:
        server = SimulatorServer(options.host, options.port, options.state, credentials, options.log == "requests")
    except ValueError as problem:
        parser.error(str(problem))
    with server:
        kept = options.state or "in memory"
        sys.stdout.write(f"Simulated providers ready at {server.url} (state: {kept}; magic: /control/magic)\n")
        sys.stdout.flush()
        done.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
