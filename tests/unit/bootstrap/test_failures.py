"""A command's message for an error that a person can fix."""

import pytest

from augury.bootstrap.cli.failures import line_about
from augury.domain.balance import NotReversible
from augury.domain.email_address import EmailTaken
from augury.domain.model import ModelNotFound, ModelRefused
from augury.domain.password import InvalidPassword
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.request_rate import TooManyTries
from augury.domain.transfer import InvalidAmount


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (EmailTaken(), "Another account has this e-mail address."),
        (ModelNotFound(model="churn@7"), "There is no such model, or it is retired (model churn@7)"),
        (
            ModelRefused(reason=Reason.of(ReasonCode.EMPTY)),
            "The file cannot be served as a model: the file is empty",
        ),
        (
            InvalidPassword(),
            "The password is too short, too long, or not valid text (at least 8, at most 256)",
        ),
        (
            NotReversible(amount=9, available=3),
            "The amount exceeds the available credits: the rest is spent or held (amount 9, available 3)",
        ),
        (
            InvalidAmount(amount=0),
            "An amount of credits must be a positive whole number within the limit "
            "(amount 0, at most 1000000000000000)",
        ),
        (TooManyTries(retry_after=60), "Too many tries: wait before the next (seconds to wait: 60)"),
    ],
)
def test_a_refusal_is_one_line_with_its_facts(error: Exception, line: str) -> None:
    assert line_about(error) == line


def test_a_bug_has_no_line() -> None:
    assert line_about(KeyError("x")) is None
