import json

import pytest

from augury.application.models.store_usage import StoreUsage
from augury.application.models.tally import MOST_BYTES, Tally, usage_of
from augury.application.ports import Json, Unavailable
from augury.application.predictions.ports.work import Finished
from augury.domain.identifiers import UserId, uuid7
from augury.domain.model import ModelRef
from tests.adapters import a_prediction
from tests.hexagon import Hexagon

USER = UserId(uuid7())


def finished(output: object, *, seconds: float = 0.003, rows: int = 1, version: int = 1) -> Finished:
    """A prediction with this answer, which failed if there is none."""
    prediction = a_prediction(USER, rows=rows, model=ModelRef("churn", version))
    prediction = prediction.start(at=prediction.created_at)
    valid = 0 if output is None else rows
    done = prediction.finish(valid_rows=valid, at=prediction.created_at)
    written = None if output is None else Json(json.dumps(output, separators=(",", ":")).encode())
    return Finished(done, written, seconds=seconds)


def test_labels_are_counted_and_nothing_within_texts_is_taken_for_one() -> None:
    tricky = 'x","label":"y'
    usage = usage_of(
        [
            finished({"label": "да", "probabilities": {"да": 0.9, "label": 0.1}}),
            finished([{"label": "да"}, {"label": tricky, "probabilities": {tricky: 1.0}}], rows=2),
            finished(None),
        ]
    )

    assert usage.labels == {"да": 2, tricky: 1}
    assert (usage.succeeded, usage.failed, usage.rows, usage.invalid_rows) == (2, 1, 4, 1)
    assert usage.value_count == 0


def test_values_are_counted() -> None:
    usage = usage_of([finished([{"value": 1.5}, {"value": -2e-1}, {"value": 3}], rows=3)])

    assert usage.value_count == 3
    assert usage.value_sum == pytest.approx(4.3)


def test_values_too_large_to_square_are_left_out() -> None:
    tally = Tally()
    for _ in range(2):
        tally.count([finished([{"value": 1.3e154}, {"value": -1.3e154}, {"value": 2}], rows=3)])
        tally.count([finished({"value": 1e200})])

    [usage] = tally.take().values()

    assert (usage.value_count, usage.value_sum, usage.value_squares) == (2, 4, 8)


def test_a_very_large_answer_is_counted_without_its_labels() -> None:
    usage = usage_of([finished([{"label": "a" * 100}] * (MOST_BYTES // 100), rows=MOST_BYTES // 100)])

    assert usage.labels == {}
    assert usage.succeeded == 1


def test_versions_are_counted_separately_and_taken_once() -> None:
    tally = Tally()
    tally.count([finished({"label": "a"}), finished({"label": "b"}, version=2)])
    tally.count([finished({"label": "a"})])

    taken = tally.take()

    assert {ref.version: usage.labels for ref, usage in taken.items()} == {1: {"a": 2}, 2: {"b": 1}}
    assert tally.take() == {}


async def test_what_cannot_be_stored_is_stored_later(hexagon: Hexagon) -> None:
    tally = Tally()
    store = StoreUsage(tally=tally, counts=hexagon.version_counts)
    tally.count([finished({"label": "a"})])
    hexagon.memory.away = True
    with pytest.raises(Unavailable):
        await store()
    hexagon.memory.away = False

    await store()

    [usage] = hexagon.memory.state.version_counts.values()
    assert usage.labels == {"a": 1}
