"""Where queued predictions stand, as everybody is told who reads them."""

from augury.application.predictions.ports.reads import StoredPrediction
from augury.domain.prediction import Prediction
from augury.domain.queue_place import Place
from tests.hexagon import Hexagon


class Clock:
    def __init__(self, hexagon: Hexagon) -> None:
        self.now = 0.0
        hexagon.places._now = lambda: self.now
        self._hexagon = hexagon

    async def look(self, seconds: float = 1) -> None:
        self.now += seconds
        self._hexagon.backlog.waiting = 1
        await self._hexagon.places.look()


async def queued(hexagon: Hexagon, how_many: int) -> list[Prediction]:
    user = await hexagon.user(credits=how_many)
    predictions = [await hexagon.request_prediction(user.id) for _ in range(how_many)]
    return sorted(predictions, key=lambda each: each.id)


async def place_of(hexagon: Hexagon, prediction: Prediction) -> Place | None:
    return hexagon.places.of(await hexagon.prediction(prediction))


async def test_the_first_look_tells_places_and_the_second_one_times(hexagon: Hexagon) -> None:
    clock, predictions = Clock(hexagon), await queued(hexagon, 30)
    await clock.look()
    assert await place_of(hexagon, predictions[20]) == Place(20, None, None)

    await hexagon.run_predictions([each.id for each in predictions[:10]])
    await clock.look(seconds=2)

    assert await place_of(hexagon, predictions[20]) == Place(10, 2.0, 4.0)
    assert await place_of(hexagon, predictions[10]) == Place(0, 0.0, 0.0)
    clock.now += 1
    assert await place_of(hexagon, predictions[20]) == Place(5, 1.0, 2.0)


async def test_only_what_waits_has_a_place(hexagon: Hexagon) -> None:
    clock, [ended, waits] = Clock(hexagon), await queued(hexagon, 2)
    await hexagon.run_predictions([ended.id])
    await clock.look()

    assert await place_of(hexagon, ended) is None
    assert await place_of(hexagon, waits) == Place(0, 0.0, 0.0)
    assert hexagon.places.of(StoredPrediction(waits, None)) is None


async def test_while_nothing_waits_nothing_is_read(hexagon: Hexagon) -> None:
    reads = []
    standing = hexagon.queues.standing

    async def counted(**asked: object) -> object:
        reads.append(asked)
        return await standing(**asked)  # type: ignore[arg-type]  # passed through

    object.__setattr__(hexagon.places, "_queues", type("Counted", (), {"standing": staticmethod(counted)}))
    await hexagon.places.look()
    assert not reads

    await queued(hexagon, 1)
    hexagon.backlog.waiting = 1
    await hexagon.places.look()
    hexagon.backlog.waiting = 0
    await hexagon.run_all()
    await hexagon.places.look()
    await hexagon.places.look()

    assert len(reads) == 2
