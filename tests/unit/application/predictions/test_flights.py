"""Small requests, large ones and those of guests fly apart."""

import asyncio
from collections.abc import Sequence

from augury.application.limits import Limits
from augury.application.ports import Json
from augury.application.predictions.flights import Flights
from augury.application.predictions.requests import Decision, Replayed, Request
from augury.domain.identifiers import PredictionId, uuid7
from tests.hexagon import Hexagon
from tests.polling import eventually

LIMITS = Limits(small_bytes=100, guest_bytes=1_000, slice_bytes=5_000)


class Held:
    """Decides on the flights when a test lets it."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.flights: list[list[int]] = []
        """The bytes of the requests of each flight."""

    async def __call__(self, requests: Sequence[Request]) -> list[Decision]:
        self.flights.append([len(request.input) for request in requests])
        await self.gate.wait()
        return [Replayed(PredictionId(uuid7())) for _ in requests]


async def boarded(flights: Flights, *sizes: int, is_guest: bool = False) -> list["asyncio.Task[Decision]"]:
    hexagon = Hexagon(LIMITS)
    user, model = await hexagon.user(), await hexagon.models.get("tone")
    requests = [
        Request.of(
            user_id=user.id,
            is_guest=is_guest,
            model=model,
            data={"text": "hi"},
            input=Json(b"x" * size),
            limits=LIMITS,
        )
        for size in sizes
    ]
    return [asyncio.create_task(flights.board(each)) for each in requests]


async def test_a_small_request_does_not_wait_for_large_ones() -> None:
    decide = Held()
    flights = Flights(decide, LIMITS, most=10)

    tasks = await boarded(flights, 2_000, 101)
    tasks += await boarded(flights, 900, is_guest=True)
    await eventually(lambda: len(decide.flights) == 2)
    tasks += await boarded(flights, 100, 20)
    tasks += await boarded(flights, 30, is_guest=True)
    await eventually(lambda: len(decide.flights) == 3)
    decide.gate.set()
    await asyncio.gather(*tasks)

    assert decide.flights == [[2_000, 101], [900], [100, 20, 30]]


async def test_large_ones_fly_up_to_a_slice_of_bytes_and_those_of_guests_up_to_one_body() -> None:
    decide = Held()
    decide.gate.set()
    flights = Flights(decide, LIMITS, most=10)

    await asyncio.gather(*await boarded(flights, 3_000, 1_900, 200, 6_000, 300))
    await asyncio.gather(*await boarded(flights, 600, 500, 600, 600, is_guest=True))

    assert decide.flights == [[3_000, 1_900], [200], [6_000], [300], [600], [500], [600], [600]]


async def test_stopping_cancels_every_flight() -> None:
    decide = Held()
    flights = Flights(decide, LIMITS, most=10)
    tasks = [*await boarded(flights, 50, 500), *await boarded(flights, 500, is_guest=True)]
    await eventually(lambda: len(decide.flights) == 3)

    await flights.stop()

    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(each) for each in answers} == {asyncio.CancelledError}
