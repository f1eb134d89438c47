"""What the template costs a month in which nothing is billed: what is in it is counted, prices are published ones."""

from collections import Counter
from collections.abc import Iterator

from bench.report import table
from local.template import load_template
from ops.idle_costs import ALARM, DASHBOARD, KEY, Standing, idle

FREE_DASHBOARDS = 3  # of an account


def counted() -> Standing:
    """What of template.yaml is paid for by the month."""
    return Standing(Counter(resource["Type"] for resource in load_template()["Resources"].values()))


def told() -> Iterator[str]:
    stack = counted()
    cost = idle(stack)
    numbers = {"keys of KMS": stack.count(KEY), "alarms": stack.count(ALARM), "dashboards": stack.count(DASHBOARD)}
    parts = sorted(cost.parts.items(), key=lambda part: -part[1])
    rows = [[part, f"{numbers.get(part, '')}", f"{dollars:.2f}"] for part, dollars in parts]
    yield from table(["a month", "how many", "USD"], [*rows, ["**all**", "", f"**{cost.total:.2f}**"]])
    if stack.count(DASHBOARD):
        yield f"The first {FREE_DASHBOARDS} dashboards of an account are free."
