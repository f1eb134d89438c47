"""What is said of trials: a line each, and the table for the documentation."""

from collections.abc import Mapping

from tests.mutants.mutant import Mutant
from tests.mutants.trial import Verdict

WIDTH = 46
HEAD = """# Mutants of the money protocol

The shipped code with one sin in it, each found by the simulation ([never twice](never-twice.md)). Written by
`make mutants ARGS='--table docs/mutants.md'`; seconds are of the processor. The story replays by
`make mutants MUTANT=name REPLAY='story'`.
"""


def line(name: str, verdict: Verdict) -> str:
    if verdict.killed:
        outcome = f"killed by {verdict.invariant}"
    else:
        outcome = verdict.trouble or f"nothing found in {verdict.searched}"
    return f"{name:<{WIDTH}} {verdict.seconds:>5.1f} s  {outcome}"


def table(verdicts: Mapping[Mutant, Verdict]) -> str:
    """A page in Markdown: what each mutant does, which invariant has found it, and how fast."""
    rows = [HEAD, "| mutant | its sin | killed by | s | story |", "|---|---|---|---:|---|"]
    for mutant, verdict in verdicts.items():
        found = f"`{verdict.invariant}`" if verdict.killed else "survives"
        story = verdict.story.replace("|", r"\|")  # or it would end the cell
        rows.append(f"| `{mutant.name}` | {mutant.sin} | {found} | {verdict.seconds:.1f} | `{story}` |")
    killed = sum(verdict.killed for verdict in verdicts.values())
    return "\n".join([*rows, "", f"{killed} of {len(verdicts)} killed."]) + "\n"
