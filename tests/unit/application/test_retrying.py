import pytest

from augury.application.ports import Conflict, Unavailable
from augury.application.retrying import MOST_TRIES, retried


class Attempts:
    """Loses its first attempts against other transactions."""

    def __init__(self, losses: int, error: type[Exception] = Conflict) -> None:
        self.tries = 0
        self._losses = losses
        self._error = error

    async def __call__(self) -> int:
        self.tries += 1
        if self.tries <= self._losses:
            raise self._error("lost")
        return self.tries


async def test_the_first_try_that_wins_is_the_answer() -> None:
    for losses in range(MOST_TRIES):
        attempts = Attempts(losses)
        assert await retried(attempts) == losses + 1 == attempts.tries


async def test_what_always_loses_is_given_up() -> None:
    attempts = Attempts(100)

    with pytest.raises(Conflict):
        await retried(attempts)

    assert attempts.tries == MOST_TRIES


async def test_nothing_but_a_conflict_is_tried_again() -> None:
    attempts = Attempts(1, Unavailable)

    with pytest.raises(Unavailable):
        await retried(attempts)

    assert attempts.tries == 1
