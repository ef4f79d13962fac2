"""Updates of one chat are handled in order, chats concurrently, and outages are waited for."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest

from augury.application.chats.ports.updates import ReceivedUpdate
from augury.application.ports import Json, Unavailable
from augury.inbound.telegram import lanes as module
from augury.inbound.telegram.lanes import AT_ONCE, MOST_TRIES, Lanes, is_payment
from tests.hexagon import Hexagon
from tests.polling import eventually


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(module, "LAST_PAUSE", 0.001)


def update(number: int, lane: int = 1, payload: bytes = b"{}") -> ReceivedUpdate:
    return ReceivedUpdate(number, lane, Json(payload))


async def nobody(_: ReceivedUpdate) -> None:
    raise AssertionError("given up")


async def run(
    hexagon: Hexagon,
    handle: Callable[[ReceivedUpdate], Awaitable[None]],
    *updates: ReceivedUpdate,
    give_up: Callable[[ReceivedUpdate], Awaitable[None]] = nobody,
) -> None:
    lanes = Lanes(handle, hexagon.inbox, give_up=give_up)
    await hexagon.inbox.put(updates)
    lanes.take(updates)

    async def all_done() -> bool:
        return not await hexagon.inbox.waiting()

    await eventually(all_done, "everything")
    await lanes.stop(1)


async def test_a_chat_is_handled_in_order_and_waits_for_no_other(hexagon: Hexagon) -> None:
    handled: list[int] = []
    second_is_done = asyncio.Event()

    async def handle(each: ReceivedUpdate) -> None:
        if each.lane == 1:
            await second_is_done.wait()
        handled.append(each.id)
        if each.id == 4:
            second_is_done.set()

    await run(hexagon, handle, update(1), update(2), update(3), update(4, lane=2))

    assert handled == [4, 1, 2, 3]


async def test_what_comes_late_is_handled_in_its_place_but_for_what_is_under_way(hexagon: Hexagon) -> None:
    handled: list[int] = []
    more_came = asyncio.Event()

    async def handle(each: ReceivedUpdate) -> None:
        await more_came.wait()
        handled.append(each.id)

    lanes = Lanes(handle, hexagon.inbox, give_up=nobody)
    lanes.take([update(3)])
    await eventually(lambda: lanes._room._value < AT_ONCE, "the first one under way")
    for number in (5, 2, 4):
        lanes.take([update(number)])
    more_came.set()

    await eventually(lambda: len(handled) == 4, "everything")
    assert handled == [3, 2, 4, 5]
    await lanes.stop(1)


async def test_what_is_held_already_is_handled_once(hexagon: Hexagon) -> None:
    handled: list[int] = []
    is_found_again = asyncio.Event()

    async def handle(each: ReceivedUpdate) -> None:
        await is_found_again.wait()
        handled.append(each.id)

    await hexagon.inbox.put([update(1), update(2)])
    lanes = Lanes(handle, hexagon.inbox, give_up=nobody)
    lanes.take([update(1), update(2)])
    lanes.take(await hexagon.inbox.waiting())
    is_found_again.set()

    await eventually(lambda: not lanes._drivers, "the end of the lane")
    assert handled == [1, 2]
    assert not lanes._held
    await lanes.stop(1)


async def test_a_question_at_the_till_needs_no_room(hexagon: Hexagon) -> None:
    everybody_else = asyncio.Event()
    handled: list[int] = []

    async def handle(each: ReceivedUpdate) -> None:
        if each.lane > 0:
            await everybody_else.wait()
        handled.append(each.id)

    lanes = Lanes(handle, hexagon.inbox, give_up=nobody)
    lanes.take([update(number, lane=number) for number in range(1, 2 * AT_ONCE)])
    await eventually(lambda: lanes._room.locked(), "no room")
    lanes.take([update(1000, lane=-1000)])

    await eventually(lambda: handled == [1000], "the answer at the till")
    everybody_else.set()
    await lanes.stop(10)


async def test_an_answer_to_a_payments_message_is_no_payment() -> None:
    text = {"message": {"text": "thanks", "reply_to_message": {"successful_payment": {}}}}
    assert not is_payment(update(1, payload=json.dumps(text).encode()))
    for other in (b'{"callback_query":{}}', b'{"message":null}', b'{"message":"successful_payment"}'):
        assert not is_payment(update(1, payload=other))
    assert is_payment(update(1, payload=b'{"message":{"refunded_payment":{}}}'))


async def test_what_finds_the_books_away_is_tried_until_they_are_back(hexagon: Hexagon) -> None:
    tries = 0

    async def handle(_: ReceivedUpdate) -> None:
        nonlocal tries
        tries += 1
        if tries <= 2 * MOST_TRIES:
            raise Unavailable("away")

    await run(hexagon, handle, update(1))

    assert tries == 2 * MOST_TRIES + 1


async def test_what_always_fails_is_given_up_and_the_next_is_handled(hexagon: Hexagon) -> None:
    handled: list[int] = []
    given_up: list[int] = []

    async def handle(each: ReceivedUpdate) -> None:
        handled.append(each.id)
        if each.id == 1:
            raise ZeroDivisionError

    async def give_up(each: ReceivedUpdate) -> None:
        given_up.append(each.id)

    await run(hexagon, handle, update(1), update(2), give_up=give_up)

    assert given_up == [1]
    assert handled == [1] * MOST_TRIES + [2]


async def a_life_that_ends_over(deadly: int, hexagon: Hexagon) -> list[int]:
    """A process takes the updates that are left, and is killed by this one. Returns the updates that it
    handled."""
    is_reached, handled = asyncio.Event(), list[int]()

    async def handle(each: ReceivedUpdate) -> None:
        if each.id == deadly:
            is_reached.set()
            await asyncio.Event().wait()
        handled.append(each.id)

    lanes = Lanes(handle, hexagon.inbox, give_up=nobody)
    lanes.take(await hexagon.inbox.waiting())
    await is_reached.wait()
    drivers = list(lanes._drivers.values())
    for driver in drivers:
        driver.cancel()
    await asyncio.gather(*drivers, return_exceptions=True)
    return handled


async def taken_up_again(hexagon: Hexagon) -> tuple[list[int], list[int]]:
    """The updates that a surviving process handles, and those that it gives up."""
    handled, given_up = list[int](), list[int]()

    async def handle(each: ReceivedUpdate) -> None:
        handled.append(each.id)

    async def give_up(each: ReceivedUpdate) -> None:
        given_up.append(each.id)

    await run(hexagon, handle, *await hexagon.inbox.waiting(), give_up=give_up)
    return handled, given_up


async def test_what_ends_one_process_after_the_other_is_given_up_and_the_next_is_handled(
    hexagon: Hexagon,
) -> None:
    await hexagon.inbox.put([update(1), update(2)])
    for _ in range(MOST_TRIES):
        assert await a_life_that_ends_over(1, hexagon) == []

    assert await taken_up_again(hexagon) == ([2], [1])


async def test_what_was_paid_is_tried_whatever_it_ends(hexagon: Hexagon) -> None:
    await hexagon.inbox.put([update(1, payload=b'{"message":{"successful_payment":{}}}')])
    for _ in range(MOST_TRIES + 1):
        await a_life_that_ends_over(1, hexagon)

    assert await taken_up_again(hexagon) == ([1], [])


async def test_what_was_under_way_beside_it_is_not_given_up_with_it(hexagon: Hexagon) -> None:
    everybody = [update(number, lane=number) for number in range(1, 6)]
    await hexagon.inbox.put(everybody)
    for each in everybody:  # a process was killed while it handled all of them
        await hexagon.inbox.begin(each.id)

    lives = [await a_life_that_ends_over(3, hexagon) for _ in range(MOST_TRIES - 1)]

    assert lives == [[1, 2], []]
    assert {each.id: each.tries for each in await hexagon.inbox.waiting()} == {3: MOST_TRIES, 4: 1, 5: 1}
    assert await taken_up_again(hexagon) == ([4, 5], [3])


async def test_a_stop_in_good_order_is_no_try(hexagon: Hexagon) -> None:
    await hexagon.inbox.put([update(1)])
    for _ in range(MOST_TRIES + 1):
        is_reached = asyncio.Event()

        async def handle(_: ReceivedUpdate, reached: asyncio.Event = is_reached) -> None:
            reached.set()
            await asyncio.Event().wait()

        lanes = Lanes(handle, hexagon.inbox, give_up=nobody)
        lanes.take(await hexagon.inbox.waiting())
        await is_reached.wait()
        await lanes.stop(0.001)

    assert await taken_up_again(hexagon) == ([1], [])


async def test_what_another_process_has_handled_meanwhile_is_passed_over(hexagon: Hexagon) -> None:
    await hexagon.inbox.put([update(1), update(2)])
    left = await hexagon.inbox.waiting()
    await hexagon.inbox.done(1)

    handled = list[int]()

    async def handle(each: ReceivedUpdate) -> None:
        handled.append(each.id)

    await run(hexagon, handle, *left)

    assert handled == [2]


async def test_what_was_paid_is_never_given_up(hexagon: Hexagon) -> None:
    tries = 0

    async def handle(_: ReceivedUpdate) -> None:
        nonlocal tries
        tries += 1
        if tries <= 3 * MOST_TRIES:
            raise ZeroDivisionError

    await run(hexagon, handle, update(1, payload=b'{"message":{"successful_payment":{}}}'))

    assert tries == 3 * MOST_TRIES + 1


def file(number: int) -> ReceivedUpdate:
    """A chat's CSV file, or the confirmation of one."""
    sent = b'{"message": {"document": {}}}' if number % 2 else b'{"callback_query": {"data": "csv:1"}}'
    return ReceivedUpdate(number, number, Json(sent))


async def test_only_a_few_files_are_read_at_once_and_nobody_else_waits_for_them(hexagon: Hexagon) -> None:
    reading, most, done = set[int](), 0, asyncio.Event()

    async def handle(each: ReceivedUpdate) -> None:
        nonlocal most
        if each.lane == 1_000:
            done.set()
            return
        reading.add(each.id)
        most = max(most, len(reading))
        await done.wait()
        await asyncio.sleep(0)
        reading.discard(each.id)

    lanes = Lanes(handle, hexagon.inbox, give_up=nobody, files_at_once=3)
    files = [file(number) for number in range(1, AT_ONCE + 10)]
    await hexagon.inbox.put([*files, update(500, lane=1_000)])
    lanes.take(files)
    await eventually(lambda: len(reading) == 3, "the first files")
    lanes.take([update(500, lane=1_000)])

    async def all_done() -> bool:
        return not await hexagon.inbox.waiting()

    await eventually(all_done, "everything")
    assert most == 3
    await lanes.stop(1)
