"""Reasons: their words for logs and programs."""

import re

import pytest

from augury.domain.reason_codes import ReasonCode
from augury.domain.reason_words import WORDS
from augury.domain.reasons import MOST_CHARACTERS, MOST_PARTS, Reason


def test_every_code_has_words() -> None:
    assert list(WORDS) == list(ReasonCode)


def test_a_reason_says_its_values_and_its_own_reasons() -> None:
    parts = [Reason.of(ReasonCode.NEEDS, names="age"), Reason.of(ReasonCode.DOES_NOT_TAKE, names="text")]

    assert str(Reason.of(ReasonCode.NOT_ACTIVE, parts)) == (
        "it is not active, because it needs age; it does not take text"
    )
    remarks = [Reason.of(ReasonCode.EMPTY), Reason.written("{text} is kept as it is")]
    assert str(Reason.of(ReasonCode.REMARKS, remarks)) == "the file is empty. {text} is kept as it is"


def test_long_values_are_cut() -> None:
    reason = Reason.of(ReasonCode.REMARKS, [Reason.written("x" * 10_000)] * 100)

    assert len(reason.parts) == MOST_PARTS
    assert len(str(reason.parts[0])) == MOST_CHARACTERS


@pytest.mark.parametrize("code", ReasonCode)
def test_the_words_of_a_code_take_plain_values_only(code: ReasonCode) -> None:
    assert re.fullmatch(r"(?:[^{}]|\{[a-z]+\})*", WORDS[code])
