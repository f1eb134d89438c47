"""`make certify URL=… SECRET=…`: fire at a webhook endpoint what it will have to bear, and say what to repair."""

from __future__ import annotations

import argparse
import json
import os
import sys
import urllib.request
from typing import Any
from urllib.parse import urlencode, urlsplit

from kit.checks import CHECKS, Finding, Show, Target, Verdict, certify


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m kit", description=__doc__)
    parser.add_argument("--url", required=True, help="of the endpoint: https, or http on this machine")
    parser.add_argument("--secret", default=os.environ.get("SECRET"), help="whsec_…, of a test endpoint (or SECRET)")
    parser.add_argument("--state-url", help="tells what the receiver holds; see docs/webhooks.md")
    given = parser.parse_args(arguments)
    if not (given.secret or "").startswith("whsec_"):
        parser.error("say its secret: --secret whsec_… or SECRET")
    for url in filter(None, (given.url, given.state_url)):
        if not _may_be_asked(url):
            parser.error(f"{url} is neither https nor http on this machine")
    target = Target(given.url, given.secret, _showing(given.state_url) if given.state_url else None)
    findings = []
    for check in CHECKS:
        findings.append(certify(target, check))
        sys.stdout.write("\n".join(_lines(findings[-1])) + "\n")
        sys.stdout.flush()
    return _sum(findings)


def _may_be_asked(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost"))


def _showing(url: str) -> Show:
    def show(subscription_id: str) -> dict[str, Any]:
        query = urlencode({"subscription": subscription_id})
        with urllib.request.urlopen(f"{url}{'&' if '?' in url else '?'}{query}", timeout=10) as answer:  # noqa: S310
            found: dict[str, Any] = json.load(answer)
            return found

    return show


def _lines(finding: Finding) -> list[str]:
    line = f"{finding.verdict.value}  {finding.check}"
    if finding.verdict is Verdict.PASSED:
        return [line]
    more = [f"      {finding.seen}"]
    return [line, *more, *([f"      -> {finding.advice}"] if finding.advice else [])]


def _sum(findings: list[Finding]) -> int:
    of = {verdict: [each for each in findings if each.verdict is verdict] for verdict in Verdict}
    passed, failed, unseen = (len(of[verdict]) for verdict in (Verdict.PASSED, Verdict.FAILED, Verdict.NOT_SEEN))
    sys.stdout.write(f"{passed} passed, {failed} failed, {unseen} not seen without --state-url\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
