import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import pytest
from typing_extensions import override

from augury.application.ports import Unavailable
from augury.application.predictions.ports.reads import StoredPrediction
from augury.application.predictions.wait_for_prediction import WaitForPrediction
from augury.domain.identifiers import PredictionId, UserId, uuid7
from augury.domain.prediction import Prediction, PredictionNotFound, Status
from augury.outbound.memory.predictions import MemoryPredictions
from tests.hexagon import Hexagon
from tests.polling import eventually


async def submitted(hexagon: Hexagon) -> Prediction:
    return await hexagon.request_prediction((await hexagon.user(credits=1)).id)


def waiting(hexagon: Hexagon, prediction: Prediction, seconds: float = 60) -> asyncio.Task[Status]:
    async def wait() -> Status:
        stored = await hexagon.wait_for_prediction(
            user_id=prediction.user_id, prediction_id=prediction.id, seconds=seconds
        )
        return stored.prediction.status

    return asyncio.create_task(wait())


async def begun(*tasks: asyncio.Task[Status]) -> None:
    """Let the tasks run until they wait. Over memory, nothing else makes them pause."""
    for _ in range(3):
        await asyncio.sleep(0)
    assert not any(each.done() for each in tasks)


async def test_a_final_prediction_is_answered_at_once(hexagon: Hexagon) -> None:
    prediction = await submitted(hexagon)
    await hexagon.run_all()

    assert await waiting(hexagon, prediction) is Status.SUCCEEDED


async def test_everyone_who_waits_is_woken_by_the_event(hexagon: Hexagon) -> None:
    prediction = await submitted(hexagon)
    waiters = [waiting(hexagon, prediction) for _ in range(3)]
    await begun(*waiters)

    await hexagon.run_all()

    assert await asyncio.gather(*waiters) == [Status.SUCCEEDED] * 3


async def test_another_predictions_end_wakes_nobody(hexagon: Hexagon) -> None:
    prediction, other = await submitted(hexagon), await submitted(hexagon)
    waiter = waiting(hexagon, prediction)
    await begun(waiter)

    await hexagon.run_predictions([other.id])

    await begun(waiter)
    await hexagon.run_predictions([prediction.id])
    assert await waiter is Status.SUCCEEDED


@pytest.mark.parametrize("seconds", [0, 0.001])
async def test_when_time_is_up_it_is_answered_as_it_stands(hexagon: Hexagon, seconds: float) -> None:
    prediction = await submitted(hexagon)

    assert await waiting(hexagon, prediction, seconds) is Status.QUEUED


@dataclass(frozen=True, slots=True)
class EndsMeanwhile(MemoryPredictions):
    """Predictions of which one ends right after the first read."""

    hexagon: Hexagon

    @override
    async def get(self, prediction_id: PredictionId, *, owner: UserId) -> StoredPrediction:
        stored = await MemoryPredictions.get(self, prediction_id, owner=owner)
        await self.hexagon.run_all()
        return stored


async def test_what_ends_between_the_first_look_and_the_wait_is_not_missed(hexagon: Hexagon) -> None:
    prediction = await submitted(hexagon)
    hexagon.wait_for_prediction = WaitForPrediction(EndsMeanwhile(hexagon.memory, hexagon))

    assert await waiting(hexagon, prediction) is Status.SUCCEEDED


async def test_a_stranger_does_not_learn_that_there_is_a_prediction(hexagon: Hexagon) -> None:
    prediction = await submitted(hexagon)

    for user_id, prediction_id in (
        (UserId(uuid7()), prediction.id),
        (prediction.user_id, PredictionId(uuid7())),
    ):
        with pytest.raises(PredictionNotFound):
            await hexagon.wait_for_prediction(user_id=user_id, prediction_id=prediction_id, seconds=60)


async def test_at_the_stop_everyone_is_answered_with_what_there_is(hexagon: Hexagon) -> None:
    prediction = await submitted(hexagon)
    waiter = waiting(hexagon, prediction)
    await begun(waiter)

    hexagon.wait_for_prediction.stop()

    assert await waiter is Status.QUEUED
    assert await waiting(hexagon, prediction) is Status.QUEUED, "whoever comes later does not wait at all"


@dataclass(frozen=True, slots=True)
class AwayOnce(MemoryPredictions):
    """Predictions whose first call of `final` fails."""

    looks: list[int]
    failure: Exception

    @override
    async def final(self, ids: Collection[PredictionId]) -> Collection[PredictionId]:
        self.looks.append(len(ids))
        if len(self.looks) == 1:
            raise self.failure
        return await MemoryPredictions.final(self, ids)


@pytest.mark.parametrize("failure", [Unavailable("the database"), RuntimeError("nobody thought of it")])
async def test_a_lost_event_is_made_up_for_by_a_look_also_after_one_that_failed(
    hexagon: Hexagon, failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("augury.application.predictions.wait_for_prediction.LOOK_EVERY", 0.001)
    predictions = AwayOnce(hexagon.memory, [], failure)
    deaf = WaitForPrediction(predictions)
    prediction = await submitted(hexagon)
    look = asyncio.create_task(deaf.look())
    waiter = asyncio.create_task(deaf(user_id=prediction.user_id, prediction_id=prediction.id, seconds=60))
    await eventually(lambda: len(predictions.looks) > 1, "a second look")
    assert not waiter.done()

    await hexagon.run_all()

    assert (await waiter).prediction.status is Status.SUCCEEDED
    look.cancel()
    await asyncio.wait([look])
    assert look.cancelled()


@dataclass(frozen=True, slots=True)
class Counted(MemoryPredictions):
    """Predictions that count how many each read returned."""

    reads: list[int]

    @override
    async def get(self, prediction_id: PredictionId, *, owner: UserId) -> StoredPrediction:
        self.reads.append(1)
        return await MemoryPredictions.get(self, prediction_id, owner=owner)

    @override
    async def several(self, ids: Collection[PredictionId]) -> Sequence[StoredPrediction]:
        self.reads.append(len(ids))
        return await MemoryPredictions.several(self, ids)


class TestOfPredictionsJustAccepted:
    @staticmethod
    def waiters(
        hexagon: Hexagon, accepted: Sequence[Prediction], seconds: float = 60
    ) -> tuple[list[int], list[asyncio.Task[StoredPrediction]]]:
        reads: list[int] = []
        hexagon.wait_for_prediction = WaitForPrediction(Counted(hexagon.memory, reads))
        waits = [hexagon.wait_for_prediction.for_accepted(each, seconds=seconds) for each in accepted]
        return reads, [asyncio.create_task(each) for each in waits]

    async def test_those_whose_event_carries_the_result_are_not_read(self, hexagon: Hexagon) -> None:
        accepted = [await submitted(hexagon) for _ in range(5)]
        reads, waiters = self.waiters(hexagon, accepted)
        await asyncio.sleep(0)

        await hexagon.run_predictions([each.id for each in accepted])

        answers = await asyncio.gather(*waiters)
        assert answers == [await hexagon.prediction(each) for each in accepted]
        assert not reads

    @pytest.mark.parametrize(
        "row",
        [{"text": "x" * 10, "note": "unknown"}, {"text": 1}],
        ids=["a row with an error", "no valid row"],
    )
    async def test_what_does_not_fit_into_an_event_is_read(
        self, hexagon: Hexagon, row: dict[str, object]
    ) -> None:
        user = await hexagon.user(credits=2)
        accepted = await hexagon.request_prediction(user.id, [{"text": "hi"}, row])
        reads, [waiter] = self.waiters(hexagon, [accepted])
        await asyncio.sleep(0)

        await hexagon.run_predictions([accepted.id])

        answer = await waiter
        assert answer == await hexagon.prediction(accepted)
        assert answer.errors
        assert reads == [1]

    async def test_those_that_end_together_are_read_together_and_once(
        self, hexagon: Hexagon, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("augury.application.predictions.ports.events.MOST_TOLD_BYTES", 0)
        accepted = [await submitted(hexagon) for _ in range(5)]
        reads, waiters = self.waiters(hexagon, accepted)
        await asyncio.sleep(0)

        await hexagon.run_predictions([each.id for each in accepted])

        answers = await asyncio.gather(*waiters)
        assert [each.prediction.id for each in answers] == [each.id for each in accepted]
        assert {each.prediction.status for each in answers} == {Status.SUCCEEDED}
        assert reads == [5]

    @pytest.mark.parametrize("seconds", [0, 0.001])
    async def test_when_time_is_up_it_is_answered_as_it_stands(
        self, hexagon: Hexagon, seconds: float
    ) -> None:
        _, [waiter] = self.waiters(hexagon, [await submitted(hexagon)], seconds)

        assert (await waiter).prediction.status is Status.QUEUED

    async def test_at_the_stop_everyone_is_answered_with_what_there_is(self, hexagon: Hexagon) -> None:
        prediction = await submitted(hexagon)
        _, [waiter] = self.waiters(hexagon, [prediction])
        await asyncio.sleep(0)

        hexagon.wait_for_prediction.stop()

        assert (await waiter).prediction.status is Status.QUEUED
        late = await hexagon.wait_for_prediction.for_accepted(prediction, seconds=60)
        assert late.prediction.status is Status.QUEUED, "whoever comes later does not wait at all"

    async def test_one_that_is_gone_or_another_users_now_is_not_found(self, hexagon: Hexagon) -> None:
        mine, gone = await submitted(hexagon), await submitted(hexagon)
        del hexagon.memory.state.predictions[gone.id]
        moved = replace(mine, user_id=UserId(uuid7()))
        _, waiters = self.waiters(hexagon, [moved, gone, mine], seconds=0)

        answers = await asyncio.gather(*waiters, return_exceptions=True)

        assert [type(each) for each in answers] == [PredictionNotFound, PredictionNotFound, StoredPrediction]
