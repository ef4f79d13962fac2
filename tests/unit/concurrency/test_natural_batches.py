import asyncio
from collections.abc import Sequence

import pytest

from augury.concurrency.natural_batches import NaturalBatches
from tests.polling import eventually


class Flights:
    """Doubles numbers. A flight runs when a test lets it."""

    def __init__(self, *, free: bool = False) -> None:
        self.taken: list[list[int]] = []
        self.under_way = 0
        self.most_under_way = 0
        self._free = free
        self._gate = asyncio.Semaphore(0)

    def let_go(self, flights: int = 1) -> None:
        for _ in range(flights):
            self._gate.release()

    async def __call__(self, items: Sequence[int]) -> Sequence[int]:
        self.taken.append(list(items))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            if not self._free:
                await self._gate.acquire()
        finally:
            self.under_way -= 1
        return [2 * item for item in items]


def board(batches: NaturalBatches[int, int], *items: int) -> list[asyncio.Task[int]]:
    return [asyncio.create_task(batches.board(item)) for item in items]


async def taken_off(flights: Flights, how_many: int) -> None:
    await eventually(lambda: len(flights.taken) >= how_many, f"flight {how_many}")


async def test_a_lone_item_flies_at_once_and_alone() -> None:
    flights = Flights(free=True)
    batches = NaturalBatches(flights, most=10)

    assert await batches.board(1) == 2
    assert await batches.board(2) == 4

    assert flights.taken == [[1], [2]]


async def test_what_arrives_during_a_flight_forms_the_next_and_each_gets_its_own_answer() -> None:
    flights = Flights()
    batches = NaturalBatches(flights, most=10)
    first = board(batches, 1)
    await taken_off(flights, 1)
    others = board(batches, 2, 3, 4)
    flights.let_go(2)

    assert await asyncio.gather(*first, *others) == [2, 4, 6, 8]
    assert flights.taken == [[1], [2, 3, 4]]


async def test_flights_go_one_at_a_time_in_the_order_of_arrival() -> None:
    flights = Flights()
    batches = NaturalBatches(flights, most=3)
    passengers = board(batches, *range(10))
    flights.let_go(10)

    assert await asyncio.gather(*passengers) == [2 * item for item in range(10)]
    assert [item for flight in flights.taken for item in flight] == list(range(10))
    assert max(len(flight) for flight in flights.taken) == 3
    assert flights.most_under_way == 1


async def test_a_flight_is_bounded_by_weight_but_takes_its_first_however_heavy() -> None:
    flights = Flights()
    batches = NaturalBatches(flights, most=10, weigh=lambda item: item)
    start = board(batches, 0)
    await taken_off(flights, 1)
    passengers = board(batches, 4, 6, 1, 50, 2, 3)
    flights.let_go(10)

    await asyncio.gather(*start, *passengers)

    assert flights.taken == [[0], [4, 6], [1], [50], [2, 3]]


async def test_whoever_gives_up_before_the_flight_is_left_out_and_takes_no_room() -> None:
    flights = Flights()
    batches = NaturalBatches(flights, most=2, weigh=lambda item: item)
    start = board(batches, 0)
    await taken_off(flights, 1)
    early, heavy, late = board(batches, 1, 100, 1)
    heavy.cancel()
    await eventually(heavy.done)
    flights.let_go(10)

    assert await asyncio.gather(*start, early, late) == [0, 2, 2]
    assert flights.taken == [[0], [1, 1]]


async def test_a_flight_that_everyone_has_left_does_not_go() -> None:
    flights = Flights()
    batches = NaturalBatches(flights, most=2)
    start = board(batches, 0)
    await taken_off(flights, 1)
    [gone] = board(batches, 1)
    gone.cancel()
    await eventually(gone.done)
    flights.let_go()
    await asyncio.gather(*start)

    flights.let_go()
    assert await batches.board(2) == 4
    assert flights.taken == [[0], [2]]


async def test_whoever_stops_waiting_during_the_flight_flies_unheard() -> None:
    flights = Flights()
    batches = NaturalBatches(flights, most=2)
    [impatient] = board(batches, 1)
    await taken_off(flights, 1)
    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient
    [next_one] = board(batches, 2)
    flights.let_go(2)

    assert await next_one == 4
    assert flights.taken == [[1], [2]]


async def test_everyone_aboard_hears_of_an_error_and_the_next_flight_goes_all_the_same() -> None:
    calls: list[list[int]] = []

    async def fly(items: Sequence[int]) -> Sequence[int]:
        calls.append(list(items))
        if len(calls) == 1:
            raise ConnectionError("away")
        return items

    batches = NaturalBatches(fly, most=2)
    answers = await asyncio.gather(*board(batches, 1, 2, 3), return_exceptions=True)

    assert [type(answer) for answer in answers[:2]] == [ConnectionError] * 2
    assert answers[2] == 3


async def test_a_flight_with_too_few_answers_leaves_nobody_waiting() -> None:
    async def fly(items: Sequence[int]) -> Sequence[int]:
        return items[:-1]

    batches = NaturalBatches(fly, most=5)

    answers = await asyncio.wait_for(asyncio.gather(*board(batches, 1, 2), return_exceptions=True), 30)

    assert [type(answer) for answer in answers] == [ValueError] * 2


async def test_stopping_cancels_the_flight_under_way_and_everyone_who_waits() -> None:
    flights = Flights()
    batches = NaturalBatches(flights, most=1)
    passengers = board(batches, 1, 2, 3)
    await taken_off(flights, 1)

    await batches.stop()

    done, waiting = await asyncio.wait(passengers, timeout=30)
    assert not waiting
    assert all(each.cancelled() for each in done)
    assert flights.taken == [[1]]
    assert flights.under_way == 0


async def test_stopping_before_the_first_flight_took_off_leaves_nobody_waiting() -> None:
    flights = Flights()
    batches = NaturalBatches(flights, most=5)
    first = asyncio.create_task(batches.board(1))
    stop = asyncio.create_task(batches.stop())  # runs after `first` has boarded, before its flight begins

    _, waiting = await asyncio.wait([first, stop], timeout=30)

    assert not waiting
    assert first.cancelled()
    assert flights.taken == []


async def test_stopping_what_does_not_fly_is_fine() -> None:
    batches = NaturalBatches(Flights(free=True), most=5)
    await batches.stop()

    assert await batches.board(1) == 2
    await batches.stop()


async def test_a_flight_that_holds_on_while_it_is_canceled_ends_before_stop_returns() -> None:
    cleaned_up: list[int] = []
    started = asyncio.Event()

    async def fly(items: Sequence[int]) -> Sequence[int]:
        try:
            started.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned_up.extend(items)
        return items

    batches = NaturalBatches(fly, most=5)
    passengers = board(batches, 1, 2)
    await started.wait()

    await batches.stop()

    assert cleaned_up == [1, 2]
    assert all(each.cancelled() for each in (await asyncio.wait(passengers, timeout=30))[0])


async def test_a_flight_that_clears_the_way_lands_while_the_next_is_under_way() -> None:
    flights = Flights()

    async def fly(items: Sequence[int]) -> Sequence[int]:
        batches.clear()
        return await flights(items)

    batches = NaturalBatches(fly, most=1)
    passengers = board(batches, 1, 2)
    await taken_off(flights, 2)
    assert flights.under_way == 2
    [late] = board(batches, 3)
    await taken_off(flights, 3)
    flights.let_go(3)

    assert await asyncio.gather(*passengers, late) == [2, 4, 6]


async def test_the_way_is_cleared_once_and_by_the_flight_that_is_on_it() -> None:
    flights = Flights()

    async def fly(items: Sequence[int]) -> Sequence[int]:
        if items == [1]:
            batches.clear()
        answers = await flights(items)
        batches.clear()  # by the first flight, while the second is under way
        return answers

    batches = NaturalBatches(fly, most=1)
    first, second, third = board(batches, 1, 2, 3)
    await taken_off(flights, 2)
    batches.clear()  # no flight is under way
    flights.let_go()
    assert await first == 2
    assert flights.taken == [[1], [2]]
    flights.let_go(2)

    assert [await second, await third] == [4, 6]


async def test_stopping_cancels_what_is_landing_too() -> None:
    flights = Flights()

    async def fly(items: Sequence[int]) -> Sequence[int]:
        batches.clear()
        return await flights(items)

    batches = NaturalBatches(fly, most=1)
    passengers = board(batches, 1, 2)
    await taken_off(flights, 2)

    await batches.stop()

    assert flights.under_way == 0
    assert all(each.cancelled() for each in (await asyncio.wait(passengers, timeout=30))[0])


async def test_what_is_landing_is_canceled_although_the_flight_behind_it_is_slow_to_end() -> None:
    flights = Flights()
    slow = asyncio.Event()

    async def fly(items: Sequence[int]) -> Sequence[int]:
        if items == [1]:
            batches.clear()
            return await flights(items)
        try:
            return await flights(items)
        finally:
            await slow.wait()

    batches = NaturalBatches(fly, most=1)
    landing, behind = board(batches, 1, 2)
    await taken_off(flights, 2)

    stopping = asyncio.create_task(batches.stop())
    await asyncio.wait([landing], timeout=30)

    assert landing.cancelled()
    assert not stopping.done()
    slow.set()
    await stopping
    assert (await asyncio.wait([behind], timeout=30))[0].pop().cancelled()


async def gathered(batches: NaturalBatches[int, int], *items: int) -> list[asyncio.Task[int]]:
    """Each item boards in its own step of the event loop."""
    boarding: list[asyncio.Task[int]] = []
    for item in items:
        boarding += board(batches, item)
        await asyncio.sleep(0)
    return boarding


@pytest.mark.parametrize(
    ("others", "most", "taken"),
    [
        pytest.param(0, 10, [1], id="a caller without others never waits"),
        pytest.param(3, 10, [1, 2, 3], id="as many as there are others"),
        pytest.param(9, 10, [1, 2, 3, 4, 5], id="until a step brings nothing"),
        pytest.param(9, 2, [1, 2], id="never more than fit"),
    ],
)
async def test_a_flight_waits_for_items_while_each_step_brings_one(
    others: int, most: int, taken: list[int]
) -> None:
    flights = Flights()
    batches = NaturalBatches(flights, most=most, others=lambda: others)

    boarding = await gathered(batches, 1, 2, 3, 4, 5)
    await taken_off(flights, 1)
    flights.let_go(5)
    await asyncio.gather(*boarding)

    assert flights.taken[0] == taken


async def test_the_passengers_of_the_last_flight_count_as_others() -> None:
    flights = Flights()
    batches = NaturalBatches(flights, most=10, others=lambda: 0)
    first = await gathered(batches, 1)
    await taken_off(flights, 1)
    second = board(batches, 2, 3, 4)
    flights.let_go(2)
    await asyncio.gather(*first, *second)

    third = await gathered(batches, 5, 6, 7, 8, 9)
    await taken_off(flights, 3)
    flights.let_go(2)
    await asyncio.gather(*third)

    assert flights.taken == [[1], [2, 3, 4], [5, 6, 7], [8, 9]]


async def test_a_flight_that_waits_for_items_can_be_stopped() -> None:
    flights = Flights()
    batches = NaturalBatches(flights, most=10, others=lambda: 9)
    boarding = await gathered(batches, 1, 2)

    await batches.stop()
    await asyncio.gather(*boarding, return_exceptions=True)

    assert flights.taken == []
    assert all(each.cancelled() for each in boarding)
