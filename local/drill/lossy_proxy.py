"""Runs microburst with a seed, and so that signed requests stay valid: lossy_proxy.py SEED [microburst option ...].

Started by the local AWS's Python, whose environment has microburst.
"""

from __future__ import annotations

import importlib
import random
import sys
from typing import Any


def main(seed: int, options: list[str]) -> None:
    """Become microburst; it draws each fault by chance from the module-wide generator."""
    random.seed(seed)
    forward: Any = importlib.import_module("microburst.forward")
    own_headers = forward.Upstream._outbound_headers

    def with_the_callers_host(upstream: Any, request: Any) -> dict[str, str]:
        """The host is part of the signature, and the local AWS checks each function's signature and rights."""
        return {**own_headers(upstream, request), "host": str(request.headers["Host"])}

    forward.Upstream._outbound_headers = with_the_callers_host
    sys.argv[1:] = options
    importlib.import_module("microburst.cli").main()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
