"""Questions cut into slices: with any rows, none is lost and none changes its place."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from augury.application.ports import Json
from augury.application.predictions.ports.predictor import Outcome, Question
from augury.domain.lane import SliceLimit
from augury.domain.row_errors import RowDoubt, RowError, RowFault, RowWarning
from augury.outbound.catboost.slicing import Rest, is_large, joined

SLICE = SliceLimit(rows=3, size=100)


def question_of(rows: list[object]) -> Question:
    return Question(Json(msgspec.json.encode(rows)), single=False, rows=len(rows))


def slices(question: Question) -> list[Question]:
    rest, parts = Rest(question), list[Question]()
    while taken := rest.take(SLICE):
        assert taken[0] == len(parts)
        parts.append(taken[1])
    return parts


@given(st.lists(st.text(max_size=60) | st.none() | st.lists(st.integers(0, 9))))
def test_slices_have_all_rows_in_order_and_are_as_large_as_they_may_be(rows: list[object]) -> None:
    parts = slices(question_of(rows))

    decoded = [msgspec.json.decode(part.input) for part in parts]
    assert [row for part in decoded for row in part] == rows
    for part, some in zip(parts, decoded, strict=True):
        assert part.rows == len(some) <= SLICE.rows
        assert len(some) <= 1 or len(msgspec.json.encode(some)) - len(some) - 1 <= SLICE.size


def test_only_several_rows_beyond_a_slice_are_large() -> None:
    assert not is_large(question_of(["x"] * 3), SLICE)
    assert is_large(question_of(["x"] * 4), SLICE)
    assert is_large(question_of(["x" * 60] * 2), SLICE)
    assert not is_large(Question(Json(b'{"text":"' + b"x" * 200 + b'"}'), single=True), SLICE)


def test_the_next_slice_may_have_another_size() -> None:
    rest = Rest(question_of(list("abcdef")))

    taken = [rest.take(SliceLimit(rows=most, size=100)) for most in (1, 4, 4, 4)]

    assert [each and (each[0], each[1].rows) for each in taken] == [(0, 1), (1, 4), (2, 1), None]
    assert rest.is_empty


def test_what_is_no_array_stays_whole() -> None:
    for text in (b'{"a":1}', b"[1,", b"[" * 10_000, b'["\xff"'):
        question = Question(Json(text), single=False, rows=9)
        assert slices(question) == [question]


def test_the_outcomes_of_slices_become_one_with_the_rows_of_the_question() -> None:
    outcomes = [
        Outcome(2, Json(b"[1,null,3]"), [RowError(1, "f", RowFault.NULL)]),
        Outcome(0, None, [RowError(row, None, RowFault.MISSING) for row in range(3)]),
        Outcome(2, Json(b"[7,8]"), (), [RowWarning(0, "f", RowDoubt.UNSEEN_NULL)]),
    ]

    whole = joined(outcomes, [3, 3, 2], most_warnings=9)

    assert whole.valid_rows == 4
    assert whole.output == b"[1,null,3,null,null,null,7,8]"
    assert [error.row for error in whole.errors] == [1, 3, 4, 5]
    assert list(whole.warnings) == [RowWarning(6, "f", RowDoubt.UNSEEN_NULL)]


def test_without_a_valid_row_there_is_no_output() -> None:
    assert joined([Outcome(0, None), Outcome(0, None)], [3, 1], most_warnings=9).output is None


def test_warnings_are_as_many_as_of_one_question_and_the_others_are_counted() -> None:
    listed = [RowWarning(row, "f", RowDoubt.UNSEEN_CATEGORY) for row in range(2)]
    outcomes = [
        Outcome(3, Json(b"[1,2,3]"), (), [*listed, RowWarning(None, None, RowDoubt.MORE, 4)]),
        Outcome(3, Json(b"[4,5,6]"), (), listed),
    ]

    whole = joined(outcomes, [3, 3], most_warnings=3)

    assert [warning.row for warning in whole.warnings] == [0, 1, 3, None]
    assert whole.warnings[-1].count == 5
