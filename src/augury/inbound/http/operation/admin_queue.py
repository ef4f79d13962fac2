"""The administrator's routes for the queue: its lanes and their users."""

from datetime import datetime
from typing import Self
from uuid import UUID

import msgspec
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import get

from augury.application.predictions.ports.dead_letters import DeadLetters
from augury.application.predictions.ports.lanes import BulkLane, UserInLane
from augury.application.predictions.ports.reads import Predictions
from augury.domain.lane import Lane
from augury.inbound.http.operation.admin_dead_letters import DeadLetterView
from augury.inbound.http.problems.described import documented
from augury.inbound.http.protocol.paging import Limit

MOST_COUNTED = 1_000_000
"""Unfinished predictions are counted up to this number."""
MOST_USERS = 100
"""Users of the bulk lane that are listed."""


class UserInLaneView(msgspec.Struct, frozen=True):
    """A user's predictions that wait in the bulk lane. `cost` is in rows; large inputs and slow models count
    as more rows."""

    user_id: UUID
    waiting: int
    cost: int
    weight: float

    @classmethod
    def of(cls, user: UserInLane) -> Self:
        return cls(user.user_id, user.waiting, user.cost, user.weight)


class LaneView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A lane: `small` for small work, `bulk` for work that is large or beyond a user's fair share. `ready`
    counts messages, `waiting` counts predictions. The `waiting` of the small lane also counts all running
    predictions.

    Only the bulk lane has `oldest` (when the prediction that waits longest was accepted), `users` (how many
    users wait) and `by_user` (the 100 of them with the most cost).
    """

    lane: Lane
    ready: int
    waiting: int
    oldest: datetime | msgspec.UnsetType | None = msgspec.UNSET
    users: int | msgspec.UnsetType = msgspec.UNSET
    by_user: list[UserInLaneView] | msgspec.UnsetType = msgspec.UNSET


class QueueView(msgspec.Struct, frozen=True):
    """The numbers of messages that are ready for a worker, of unfinished predictions, and of messages that
    could not be handled. Also the oldest of the latter, and the work that waits in each lane."""

    ready: int
    unfinished: int
    dead: int
    dead_letters: list[DeadLetterView]
    lanes: list[LaneView]


@get(
    "/admin/queue",
    summary="Look at the queue",
    description=QueueView.__doc__,
    responses=documented(401, 403, 422),
)
@inject
async def read_queue(
    dead_letters: FromDishka[DeadLetters],
    predictions: FromDishka[Predictions],
    bulk_lane: FromDishka[BulkLane],
    limit: Limit = 20,
) -> QueueView:
    lengths = await dead_letters.lengths()
    letters = await dead_letters.list(at_most=limit) if lengths.dead else []
    waiting = await bulk_lane.waiting(most_users=MOST_USERS)
    unfinished = await predictions.waiting(at_most=MOST_COUNTED)
    return QueueView(
        lengths.ready + lengths.tickets,
        unfinished,
        lengths.dead,
        [DeadLetterView.of(letter) for letter in letters],
        [
            LaneView(Lane.SMALL, lengths.ready, max(unfinished - waiting.predictions, 0)),
            LaneView(
                Lane.BULK,
                lengths.tickets,
                waiting.predictions,
                waiting.oldest,
                waiting.users,
                [UserInLaneView.of(user) for user in waiting.by_user],
            ),
        ],
    )


ROUTES = (read_queue,)
