from datetime import UTC, datetime

import pytest

from augury.domain.api_key import (
    KeyTerms,
    ModelNotListed,
    Period,
    Spending,
    SpendingLimitReached,
    SpendingLimits,
)
from augury.domain.identifiers import UserId, uuid7
from augury.domain.model import ModelRef
from augury.domain.premise import SpendingPremise

AT = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)


def utc(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "day", "month"),
    [
        (AT, utc(2027, 1, 1), utc(2027, 1, 1)),
        (utc(2028, 2, 28), utc(2028, 2, 29), utc(2028, 3, 1)),
        (utc(2026, 1, 31, 5), utc(2026, 2, 1), utc(2026, 2, 1)),
    ],
)
def test_periods_end_at_midnight_utc(at: datetime, day: datetime, month: datetime) -> None:
    assert Period.DAY.ends(at) == day
    assert Period.MONTH.ends(at) == month


@pytest.mark.parametrize(
    ("limits", "price", "reached"),
    [
        (SpendingLimits(), 10**9, None),
        (SpendingLimits(day=10), 6, None),
        (SpendingLimits(day=10), 7, Period.DAY),
        (SpendingLimits(month=100), 50, None),
        (SpendingLimits(month=100), 51, Period.MONTH),
        (SpendingLimits(10, 100), 51, Period.DAY),
        (SpendingLimits(0, 0), 0, None),
        (SpendingLimits(day=0), 1, Period.DAY),
    ],
)
def test_a_limit_allows_a_price_up_to_it_and_its_premise_says_the_same(
    limits: SpendingLimits, price: int, reached: Period | None
) -> None:
    spending = Spending(day=4, month=50)
    if reached is None:
        limits.require(spending, price, at=AT)
    else:
        with pytest.raises(SpendingLimitReached) as refusal:
            limits.require(spending, price, at=AT)
        assert refusal.value.period is reached
    if price:
        premise = SpendingPremise(UserId(uuid7()), price, limits)
        assert premise.holds_for(spending) is (reached is None)


def test_a_list_of_models_has_names_and_versions() -> None:
    terms = KeyTerms(id=uuid7(), models=frozenset({"tone", "churn@2"}))

    for allowed in (ModelRef("tone", 1), ModelRef("tone", 7), ModelRef("churn", 2)):
        terms.require_model(allowed)
    for other in (ModelRef("churn", 1), ModelRef("ton", 1)):
        with pytest.raises(ModelNotListed):
            terms.require_model(other)
    KeyTerms(id=uuid7()).require_model(ModelRef("anything", 1))
