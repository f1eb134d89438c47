"""`python -m bench`: what there is to measure."""

from importlib import import_module

from bench.report import say

BENCHMARKS = ("renewal_cpu", "cost", "pacing", "usual_design", "growth", "prediction", "startup")


def main() -> None:
    for name in BENCHMARKS:
        about = (import_module(f"bench.{name}").__doc__ or "").split("\n\n", maxsplit=1)[0]
        say(f"python -m bench.{name}\n    {' '.join(about.split())}")


if __name__ == "__main__":
    main()
