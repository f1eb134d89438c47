"""What each function's role may do, by the template: for docs/policies.md, and beside what functions were seen to do.

Run as `python -m local.policies` it writes the page's table anew.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.template import ROOT, load_template, resources_of

PAGE = ROOT / "docs" / "policies.md"
BEGIN, END = "<!-- made by make policies -->\n", "<!-- end of what is made -->\n"
# What Lambda and Secrets Manager do in a function's name: the local AWS does it without asking, and no test sees it.
PLATFORM = frozenset(
    {
        "TakeBills",
        "FollowTheTable",
        "PutAsideFailedRuns",
        "PutAsideWhatCannotBeFollowed",
        "OpenProviderSecret",
    }
)
_LEADING, _CONTEXT = "dynamodb:LeadingKeys", "kms:EncryptionContext:pinbill"


@dataclass(frozen=True, slots=True)
class Grant:
    """A statement that allows something. `keys` are patterns of partition keys, all of them if there are none."""

    function: str
    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]  # as `Table`, `Table/index/due`, `BillQueue`
    keys: tuple[str, ...] = ()
    condition: str = ""

    @property
    def by_platform(self) -> bool:
        return self.sid in PLATFORM

    def allows(self, call: Call) -> bool:
        return (
            self.function == call.function
            and call.action in self.actions
            and call.resource in self.resources
            and (not self.keys or all(any(matches(key, pattern) for pattern in self.keys) for key in call.keys))
        )

    def unused(self, calls: Iterable[Call]) -> Iterator[str]:
        """What of it none of these calls needed."""
        needed = [call for call in calls if self.allows(call)]
        seen = {key for call in needed for key in call.keys}
        unneeded = [action for action in self.actions if action not in {call.action for call in needed}]
        unneeded += [name for name in self.resources if name not in {call.resource for call in needed}]
        unneeded += [pattern for pattern in self.keys if not any(matches(key, pattern) for key in seen)]
        return (f"{self.function} {self.sid}: {each}" for each in unneeded)


@dataclass(frozen=True, slots=True)
class Call:
    """What IAM was asked: of a write in a transaction, with the keys of all its rows."""

    function: str
    action: str
    resource: str
    keys: tuple[str, ...]
    denied: bool


def matches(text: str, pattern: str) -> bool:
    """As StringLike does: `*` is any text, and there is no other sign."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None


def grants(template: Mapping[str, Any]) -> list[Grant]:
    """Of every function, with what only test stages and only stages with a key of the secret's own have."""
    return [
        _grant(function, statement)
        for function, properties in resources_of(dict(template), "AWS::Serverless::Function").items()
        for statement in statements_of(properties)
        if statement["Effect"] == "Allow"
    ]


def statements_of(function: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a function's own policies say, also where a condition decides on it."""
    listed = [one for policy in function.get("Policies", []) for one in policy["Statement"]]
    return [one["Fn::If"][1] if "Fn::If" in one else one for one in listed]


def calls_in(file: Path, logical: Mapping[str, str]) -> list[Call]:
    """What was recorded. `logical` are the stack's resources: logical ids by what AWS calls them."""
    calls = []
    for line in file.read_text().splitlines():
        noted = json.loads(line)
        role = logical.get(noted["role"], noted["role"])
        function = role.removesuffix("Role")
        calls.append(
            Call(function, noted["action"], _logical(noted["resource"], logical), tuple(noted["keys"]), noted["denied"])
        )
    return calls


def table(found: Iterable[Grant]) -> str:
    """The page's table."""
    lines = ["| Function | Statement | May | On | Only |", "|---|---|---|---|---|"]
    for grant in found:
        only = ", ".join(f"`{key}`" for key in grant.keys) or grant.condition
        who = " (the platform)" if grant.by_platform else ""
        actions = ", ".join(f"`{action}`" for action in grant.actions)
        lines.append(f"| {grant.function} | {grant.sid}{who} | {actions} | {', '.join(grant.resources)} | {only} |")
    return "\n".join(lines) + "\n"


def page() -> str:
    """The page with its table as the template has it now."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    return f"{before}{BEGIN}\n{table(grants(load_template()))}\n{END}{rest.partition(END)[2]}"


def _grant(function: str, statement: Mapping[str, Any]) -> Grant:
    resources = statement["Resource"]
    named = tuple(_named(one) for one in (resources if isinstance(resources, list) else [resources]))
    condition = statement.get("Condition", {})
    keys = condition.get("ForAllValues:StringLike", {}).get(_LEADING, [])
    equal = condition.get("StringEquals", {})
    text = "for wrapping keys" if _CONTEXT in equal else "by way of Secrets Manager" if equal else ""
    plain = tuple(key if isinstance(key, str) else str(key["Fn::If"][1]) for key in keys)
    return Grant(function, statement["Sid"], tuple(statement["Action"]), named, plain, text)


def _named(resource: Any) -> str:
    match resource:
        case {"Fn::GetAtt": [name, "Arn"]}:
            return str(name)
        case {"Fn::GetAtt": [name, attribute]}:
            return f"{name}.{attribute}"
        case {"Fn::Sub": text} if ":secret:" in text:
            return "ProviderSecret"
        case {"Fn::Sub": text}:
            return str(text).replace("${", "").replace(".Arn}", "")
        case {"Ref": name}:
            return str(name)
        case _:
            raise ValueError(f"a policy names what this page cannot: {resource}")


def _logical(resource: str, logical: Mapping[str, str]) -> str:
    """`resource` is a name or an ARN, with an index of a table behind it."""
    if ":secretsmanager:" in resource:
        name = re.sub(r"-[A-Za-z0-9]{6}$", "", resource.partition(":secret:")[2])
        return logical.get(name, name)
    name, _, index = resource.partition("/index/")
    last = re.split(r"[:/]", name)[-1]
    return logical.get(last, last) + (f"/index/{index}" if index else "")


def main() -> int:
    """Write the page."""
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(main())
