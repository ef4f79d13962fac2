"""Use cases whose transaction lost against another: it runs again, and messages are sent once."""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import TracebackType

import pytest
from typing_extensions import override

from augury.application.people.ports.closing import OpenClosingBooks
from augury.application.ports import Conflict, Unavailable
from augury.application.ports.books import OpenBooks
from augury.application.predictions.ports.sweeping import OpenSweepBooks
from augury.application.retrying import MOST_TRIES
from augury.domain.balance import Balance
from augury.domain.prediction import Prediction, Status
from augury.domain.user import UserNotFound
from augury.outbound.memory.books import MemoryBooks
from augury.outbound.memory.memory import Memory
from tests.hexagon import Hexagon
from tests.unit.application.watched_acceptance import Watched


class LosingBooks(MemoryBooks):
    """Books whose commit loses against another transaction and leaves no change."""

    @override
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        conflict = Conflict("lost")
        with suppress(Conflict):
            await super().__aexit__(Conflict, conflict, None)
        if error is None:
            raise conflict


@dataclass
class LosingOpenBooks(OpenBooks, OpenClosingBooks, OpenSweepBooks):
    """Its first `losses` transactions lose."""

    memory: Memory
    losses: int
    opened: int = field(default=0)

    @override
    def __call__(self) -> MemoryBooks:
        self.opened += 1
        return LosingBooks(self.memory) if self.opened <= self.losses else MemoryBooks(self.memory)


async def lose() -> None:
    raise Conflict("lost")


async def test_a_group_that_loses_twice_is_accepted_once(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=5)
    acceptance = Watched(hexagon.books, [lose] * 2)

    answers = await replace(hexagon.request_predictions, acceptance=acceptance)([hexagon.request(user.id)])

    [accepted] = answers
    assert isinstance(accepted, Prediction)
    assert await hexagon.balance_of(user.id) == Balance(user.id, available=4, held=1, pending=1)
    task = hexagon.queue.take()
    assert task is not None
    assert list(task.prediction_ids) == [accepted.id]
    assert hexagon.queue.take() is None


async def test_a_group_that_loses_every_time_is_not_accepted(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=5)
    acceptance = Watched(hexagon.books, [lose] * MOST_TRIES)

    with pytest.raises(Unavailable):
        await replace(hexagon.request_predictions, acceptance=acceptance)([hexagon.request(user.id)])

    assert acceptance.accepts == MOST_TRIES
    assert await hexagon.balance_of(user.id) == Balance(user.id, available=5)
    assert hexagon.queue.take() is None


async def test_a_cancel_that_loses_cancels_at_the_next_try(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=5)
    prediction = await hexagon.request_prediction(user.id)
    books = LosingOpenBooks(hexagon.memory, losses=1)

    canceled = await replace(hexagon.cancel_prediction, books=books)(
        user_id=user.id, prediction_id=prediction.id
    )

    assert canceled.status is Status.CANCELED
    assert [each.prediction_id for each in hexagon.told] == [prediction.id]
    assert await hexagon.balance_of(user.id) == Balance(user.id, available=5)


async def test_a_top_up_that_loses_credits_once(hexagon: Hexagon) -> None:
    user = await hexagon.user()
    books = LosingOpenBooks(hexagon.memory, losses=2)

    await replace(hexagon.top_up, books=books)(user_id=user.id, amount=7)

    assert await hexagon.balance_of(user.id) == Balance(user.id, available=7)


async def test_a_sweep_that_loses_puts_back_once_what_was_lost(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=5)
    prediction = await hexagon.request_prediction(user.id)
    hexagon.queue.take()
    books = LosingOpenBooks(hexagon.memory, losses=1)

    swept = await replace(hexagon.sweep, books=books)(empty_since=hexagon.clock.now() + timedelta(seconds=1))

    assert swept.lost == 1
    task = hexagon.queue.take()
    assert task is not None
    assert list(task.prediction_ids) == [prediction.id]
    assert hexagon.queue.take() is None


async def test_an_account_whose_closing_loses_is_closed_at_the_next_try(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=5)
    books = LosingOpenBooks(hexagon.memory, losses=1)

    await replace(hexagon.close_account, books=books)(user_id=user.id, forfeit=5)

    with pytest.raises(UserNotFound):
        await hexagon.users.get(user.id)
    assert await hexagon.balanced()
