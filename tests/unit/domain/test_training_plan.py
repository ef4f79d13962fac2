from typing import Any

import pytest

from augury.domain.training_plan import ColumnKind, Cost, InvalidPlan, Plan


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"time": "day", "group": "customer"}, "by time or by group, not by both"),
        ({"kinds": {"churn": ColumnKind.TEXT}}, "the target is not a feature"),
        ({"group": "a\0b"}, "characters that no column has"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(settings: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidPlan) as refused:
        Plan(target="churn", **settings)
    assert why in refused.value.reason


@pytest.mark.parametrize("text", ["1", "1:2:3", "a:b", "0:1", "1:-1", "1:inf", "nan:1"])
def test_costs_are_two_numbers_above_0(text: str) -> None:
    with pytest.raises(InvalidPlan):
        Cost.parse(text)


def test_a_cost_is_written_as_it_is_read_and_says_the_threshold() -> None:
    cost = Cost.parse("1:4")
    assert (cost, str(cost), cost.threshold) == (Cost(1, 4), "1:4", 0.2)
