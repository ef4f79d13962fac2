from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from augury.domain.scoring import score_isolating


class Fragile:
    """Doubles numbers, and raises for a negative one, like a model that fails for a row."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, rows: Sequence[int]) -> list[int]:
        self.calls += 1
        if any(row < 0 for row in rows):
            raise ArithmeticError
        return [2 * row for row in rows]


@given(st.lists(st.integers(min_value=-3, max_value=100), max_size=80))
def test_exactly_the_rows_that_break_the_model_have_no_answer(rows: list[int]) -> None:
    assert score_isolating(rows, Fragile()) == [None if row < 0 else 2 * row for row in rows]


@given(st.lists(st.integers(min_value=0), min_size=1, max_size=50))
def test_rows_that_do_no_harm_go_in_one_call(rows: list[int]) -> None:
    model = Fragile()

    score_isolating(rows, model)

    assert model.calls == 1


def test_no_rows_ask_the_model_nothing() -> None:
    model = Fragile()

    assert score_isolating([], model) == []
    assert model.calls == 0


@given(st.integers(min_value=0, max_value=1023))
def test_one_culprit_among_a_thousand_is_found_in_a_few_calls(place: int) -> None:
    model = Fragile()
    rows = [1] * 1024
    rows[place] = -1

    answers = score_isolating(rows, model)

    assert [index for index, answer in enumerate(answers) if answer is None] == [place]
    assert model.calls <= 2 * 10 + 1
