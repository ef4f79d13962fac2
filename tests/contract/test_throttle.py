import asyncio
from datetime import timedelta

from tests.adapters import Adapters

HOUR = timedelta(hours=1)


async def test_tries_within_the_limit_pass_and_the_next_must_wait_for_the_windows_end(
    adapters: Adapters,
) -> None:
    for _ in range(3):
        assert await adapters.throttle.hit(["key"], most=3, window=HOUR) is None

    wait = await adapters.throttle.hit(["key"], most=3, window=HOUR)

    assert wait is not None
    assert timedelta() < wait <= HOUR


async def test_with_the_next_window_the_count_starts_anew(adapters: Adapters) -> None:
    for _ in range(3):
        await adapters.throttle.hit(["key"], most=1, window=HOUR)
    await adapters.pass_time(HOUR)

    assert await adapters.throttle.hit(["key"], most=1, window=HOUR) is None
    assert await adapters.throttle.hit(["key"], most=1, window=HOUR) is not None


async def test_trying_while_one_waits_does_not_make_the_wait_longer(adapters: Adapters) -> None:
    await adapters.throttle.hit(["key"], most=1, window=HOUR)
    await adapters.pass_time(HOUR / 2)
    for _ in range(5):
        wait = await adapters.throttle.hit(["key"], most=1, window=HOUR)

    assert wait is not None
    assert wait <= HOUR / 2


async def test_each_key_has_a_count_of_its_own(adapters: Adapters) -> None:
    await adapters.throttle.hit(["one"], most=1, window=HOUR)

    assert await adapters.throttle.hit(["other"], most=1, window=HOUR) is None
    assert await adapters.throttle.hit(["one"], most=1, window=HOUR) is not None


async def test_who_comes_under_several_keys_is_stopped_by_any_of_them(adapters: Adapters) -> None:
    await adapters.throttle.hit(["address"], most=1, window=HOUR)

    assert await adapters.throttle.hit(["address", "account"], most=1, window=HOUR) is not None
    assert await adapters.throttle.hit(["account"], most=1, window=HOUR) is not None, "it was counted, too"


async def test_a_key_named_twice_is_counted_once(adapters: Adapters) -> None:
    assert await adapters.throttle.hit(["key", "key"], most=1, window=HOUR) is None


async def test_tries_at_the_same_moment_are_all_counted(adapters: Adapters) -> None:
    answers = await asyncio.gather(
        *(adapters.throttle.hit(["a", "b"] if n % 2 else ["b", "a"], most=5, window=HOUR) for n in range(20))
    )

    assert answers.count(None) == 5


async def test_what_is_taken_in_advance_adds_up_to_the_limit_and_no_more(adapters: Adapters) -> None:
    first = await adapters.throttle.take("key", share=4, most=10, window=HOUR)
    rest = await asyncio.gather(
        *(adapters.throttle.take("key", share=4, most=10, window=HOUR) for _ in range(4))
    )

    assert (first.granted, first.left) == (4, 6)
    assert timedelta() < first.ends_in <= HOUR
    assert sorted(each.granted for each in rest) == [0, 0, 2, 4]
    assert min(each.left for each in rest) == 0
    assert (await adapters.throttle.take("other", share=1, most=1, window=HOUR)).granted == 1

    await adapters.pass_time(HOUR)
    assert (await adapters.throttle.take("key", share=4, most=10, window=HOUR)).granted == 4
