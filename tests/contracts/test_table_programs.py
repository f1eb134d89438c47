"""Whatever is asked of a table, the one in memory answers as the other engines do."""

from collections import Counter

import pytest

from tests.contracts.engines import LOCAL_AWS, MOTO, create_table, fake_dynamodb
from tests.contracts.programs import Query, Step, answer_of, program
from tests.contracts.raw_table import RawTable, Refusal

LENGTH = 150


def _in_memory() -> RawTable:
    client = fake_dynamodb().as_client()
    return RawTable(client, create_table(client))


def _differences(raw: RawTable, steps: list[Step]) -> list[tuple[Step, object, object]]:
    """The first step that is answered in two ways, with both answers."""
    in_memory = _in_memory()
    for step in steps:
        ours, theirs = answer_of(in_memory, step), answer_of(raw, step)
        if ours != theirs:
            return [(step, ours, theirs)]
    return []


@pytest.mark.parametrize("raw", [LOCAL_AWS], indirect=True)
@pytest.mark.parametrize("seed", range(6))
def test_a_random_program_is_answered_as_by_the_local_aws(raw: RawTable, seed: int) -> None:
    assert _differences(raw, program(seed, LENGTH, tokens=True)) == []


@pytest.mark.parametrize("raw", [MOTO], indirect=True)
@pytest.mark.parametrize("seed", range(6))
def test_a_random_program_without_tokens_is_answered_as_by_moto(raw: RawTable, seed: int) -> None:
    """moto applies a transaction again under the token of an earlier one."""
    assert _differences(raw, program(seed, LENGTH, tokens=False)) == []


def test_the_programs_meet_every_answer_that_there_is() -> None:
    codes: Counter[str] = Counter()
    for seed in range(6):
        raw = _in_memory()
        for step in program(seed, LENGTH, tokens=True):
            answer = answer_of(raw, step)
            if isinstance(answer, Refusal):
                codes[answer.code] += 1
            elif isinstance(step, Query):
                codes["rows" if answer else "no rows"] += 1
            else:
                codes["row" if answer else "done or no row"] += 1
    assert set(codes) == {
        "ConditionalCheckFailedException",
        "TransactionCanceledException",
        "IdempotentParameterMismatchException",
        "ValidationException",  # two actions on one row, or one row asked for twice
        "rows",
        "no rows",
        "row",
        "done or no row",
    }
    assert min(codes.values()) >= 5, codes
