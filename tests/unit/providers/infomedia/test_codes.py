"""Every published code has a class that says what may follow."""

import pytest

from pinbill.domain.attempts import AttemptState, FailureClass
from pinbill.providers.infomedia.codes import BILLED, DECLINES, NO_CODE, declined

PUBLISHED = {
    FailureClass.SOFT: ["AA"],
    FailureClass.LIMIT: ["A6", "A7", "A8", "A9", "AB", "AC", "AD"],
    FailureClass.HARD: ["A5", "A3"],
    FailureClass.TECHNICAL: ["01", "48", "74", "A0", "A1", "A2", "A4", "AF"],
}
BY_CODE = [(code, failure) for failure, codes in PUBLISHED.items() for code in codes]


@pytest.mark.parametrize(("code", "failure"), BY_CODE)
def test_a_published_code_is_declined_with_its_class(code: str, failure: FailureClass) -> None:
    result = declined(code, "txid-1", ("234", "30"))

    assert (result.state, result.code, result.failure) == (AttemptState.DECLINED, code, failure)
    assert (result.provider_reference, result.network) == ("txid-1", ("234", "30"))
    assert DECLINES[code].meaning in result.meaning
    assert DECLINES[code].next_step in result.meaning


def test_the_table_holds_the_published_codes_and_no_other() -> None:
    assert set(DECLINES) == {code for code, _ in BY_CODE}
    assert BILLED not in DECLINES


@pytest.mark.parametrize(("code", "shown"), [("ZZ", "ZZ"), (None, NO_CODE)])
def test_another_code_and_none_are_unlisted(code: str | None, shown: str) -> None:
    result = declined(code)

    assert (result.state, result.code, result.failure) == (AttemptState.DECLINED, shown, FailureClass.UNLISTED)
