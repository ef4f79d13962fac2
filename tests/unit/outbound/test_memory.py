import asyncio
from collections.abc import Sequence
from uuid import uuid4

import pytest

from augury.application.models.ports.models import ModelUnavailable
from augury.application.ports import Json, Unavailable
from augury.application.predictions.ports.events import Ended
from augury.application.predictions.ports.predictor import Question
from augury.domain.identifiers import PredictionId, UserId, uuid7
from augury.domain.prediction import Status
from augury.outbound.memory.events import MemoryEvents
from augury.outbound.memory.predictor import BREAKING, MemoryPredictor
from tests.hexagon import Hexagon, a_model


async def test_events_reach_every_listener_also_past_one_that_fails() -> None:
    heard: list[Sequence[Ended]] = []

    def fail(ended: Sequence[Ended]) -> None:
        raise ArithmeticError

    events = MemoryEvents()
    for listener in (heard.append, fail, heard.append):
        events.listen(listener)
    ended = [Ended(PredictionId(uuid7()), UserId(uuid7()), Status.FAILED)]

    await events.finished(ended)

    assert heard == [ended, ended]


async def test_a_store_that_is_away_is_unavailable_for_every_access_and_changes_nothing(
    hexagon: Hexagon,
) -> None:
    user = await hexagon.user(credits=1)
    hexagon.memory.away = True

    for access in (
        hexagon.users.get(user.id),
        hexagon.balances.of(user.id),
        hexagon.top_up(user_id=user.id, amount=1),
        hexagon.work.hand_back(uuid4(), []),
        hexagon.ledger.verify(),
    ):
        with pytest.raises(Unavailable):
            await access

    hexagon.memory.away = False
    assert (await hexagon.balance_of(user.id)).available == 1


async def test_a_store_that_goes_away_during_a_transaction_keeps_nothing_of_it(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=1)

    async def vanish() -> None:
        async with hexagon.books() as books:
            _, (transfer,) = (await books.open([user.id])).balances[user.id].top_up(5, reference=uuid7())
            await books.record(transfers=[transfer])
            hexagon.memory.away = True

    with pytest.raises(Unavailable):
        await vanish()

    hexagon.memory.away = False
    assert (await hexagon.balance_of(user.id)).available == 1


async def test_a_transaction_that_is_canceled_is_rolled_back_and_blocks_nobody(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=1)
    inside = asyncio.Event()

    async def hang() -> None:
        async with hexagon.books() as books:
            _, (transfer,) = (await books.open([user.id])).balances[user.id].top_up(5, reference=uuid7())
            await books.record(transfers=[transfer])
            inside.set()
            await asyncio.Event().wait()

    hanging = asyncio.create_task(hang())
    await inside.wait()
    waiting = asyncio.create_task(hexagon.top_up(user_id=user.id, amount=1))
    hanging.cancel()
    await asyncio.wait([hanging, waiting], timeout=30)

    assert hanging.cancelled()
    assert (await waiting).balance.available == 2


async def test_the_model_answers_valid_rows_and_says_what_is_wrong_with_the_others() -> None:
    predictor = MemoryPredictor()
    rows = b'[{"text": "hi"}, {"text": 1}, {"text": "more than ten characters"}, {"text": "%s"}]'

    many, single, bad = await predictor.predict(
        a_model(),
        [
            Question(Json(rows % BREAKING.encode()), single=False),
            Question(Json(b'{"text": "hi"}'), single=True),
            Question(Json(b'{"words": "hi"}'), single=True),
        ],
    )

    assert many.output == b'[{"label":"short"},null,{"label":"long"},null]'
    assert many.valid_rows == 2
    assert single.output == b'{"label":"short"}'
    assert not single.errors
    assert (bad.output, bad.valid_rows) == (None, 0)
    assert predictor.asked == [3]


async def test_a_model_whose_file_is_gone_is_unavailable() -> None:
    predictor, model = MemoryPredictor(), a_model()
    predictor.unavailable.add(model.ref)

    with pytest.raises(ModelUnavailable):
        await predictor.predict(model, [])
