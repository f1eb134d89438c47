"""Writes docs/simulated-providers.md from the tables of magic numbers and faults: `python -m local.simulators.page`."""

from pathlib import Path

from local.simulators import magic
from local.simulators.fault_kinds import KINDS

PAGE = Path(__file__).parents[2] / "docs" / "simulated-providers.md"
HEAD = Path(__file__).with_name("page_head.md")


def page() -> str:
    """The whole page as text."""
    numbers = [f"| +{one.key} | {one.name} | {one.sentence} |" for one in magic.PHONE]
    mandates = [f"| …{one.key} | {one.name} | {one.sentence} |" for one in magic.MANDATE]
    faults = [f"| `{name}` | {kind.channel} | {kind.sentence} |" for name, kind in KINDS.items()]
    return "\n".join(
        [
            HEAD.read_text(),
            "## Numbers\n\nEvery other number of the range behaves normally.\n",
            "| number | name | what happens |\n|---|---|---|",
            *numbers,
            "\n## Mandates\n\nThe last two digits of the subReferenceId decide; 00 to 49 behave normally. "
            '`POST /control/mandates {"magic": "<name>", …}` makes such a mandate.\n',
            "| ending | name | what happens |\n|---|---|---|",
            *mandates,
            "\n## Faults\n\nA call takes at most one fault of each channel. "
            "A rule that fits goes before the number's fate.\n",
            "| fault | channel | what happens |\n|---|---|---|",
            *faults,
            "",
        ]
    )


if __name__ == "__main__":
    PAGE.write_text(page())
