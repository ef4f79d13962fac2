from datetime import timedelta

from augury.concurrency.recent import Recent


class Watch:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_what_was_put_is_there_for_its_lifetime() -> None:
    watch = Watch()
    recent: Recent[str, int] = Recent(most=10, lifetime=timedelta(seconds=5), now=watch)
    recent.put("a", 1)

    watch.seconds = 4.9
    assert recent.get("a") == 1
    watch.seconds = 5
    assert recent.get("a") is None


def test_the_oldest_makes_room() -> None:
    recent: Recent[int, int] = Recent(most=2, lifetime=timedelta(seconds=5))
    for number in range(3):
        recent.put(number, number)

    assert [recent.get(number) for number in range(3)] == [None, 1, 2]


def test_a_value_is_forgotten_under_each_of_its_keys() -> None:
    recent: Recent[str, int] = Recent(most=10, lifetime=timedelta(seconds=5))
    recent.put("a", 1)
    recent.put("b", 1)
    recent.put("c", 2)

    recent.forget(1)

    assert [recent.get(key) for key in "abc"] == [None, None, 2]


def test_without_a_lifetime_nothing_is_remembered() -> None:
    recent: Recent[str, int] = Recent(most=10, lifetime=timedelta(0))
    recent.put("a", 1)

    assert recent.get("a") is None
