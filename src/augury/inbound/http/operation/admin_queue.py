"""The administrator's routes for the queue: its users, and messages that could not be handled."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import msgspec
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import delete, get, post
from litestar.params import FromPath, QueryParameter

from augury.application.predictions.drop_dead_letters import DropDeadLetters
from augury.application.predictions.ports.dead_letters import MOST_LETTERS, DeadLetter, DeadLetters
from augury.application.predictions.ports.lanes import BulkLane, UserInLane
from augury.application.predictions.ports.reads import Predictions
from augury.application.predictions.replay_dead_letters import ReplayDeadLetters
from augury.domain.lane import Lane
from augury.domain.prediction import DeadLetterNotFound
from augury.inbound.http.callers.authors import author_of
from augury.inbound.http.callers.identity import SignedIn
from augury.inbound.http.problems.described import documented
from augury.inbound.http.protocol.paging import Cursor, Limit, number_of, number_position, split

MOST_COUNTED = 1_000_000
"""Unfinished predictions are counted up to this number."""
MOST_NAMED = 20
"""The most predictions of a dead letter that are listed."""
MOST_USERS = 100
"""Users of the bulk lane that are listed."""
DropLimit = Annotated[
    int, QueryParameter(ge=1, le=10_000, description="At most this many messages are deleted.")
]
ReplayLimit = Annotated[int, QueryParameter(ge=1, le=10_000, description="The most messages to replay.")]


class DeadLetterView(msgspec.Struct, frozen=True):
    """A message that could not be handled. `body` is its beginning; bytes that are not text are replaced.
    `predictions` lists the ids in the message, at most 20; it is null if the format is unknown."""

    id: str
    reason: str
    deaths: int
    died_at: datetime | None
    put_at: datetime | None
    size: int
    body: str
    predictions: list[UUID] | None

    @classmethod
    def of(cls, letter: DeadLetter) -> Self:
        return cls(
            letter.id,
            letter.reason,
            letter.deaths,
            letter.died_at,
            letter.put_at,
            letter.size,
            letter.body.decode("utf-8", "replace"),
            list(letter.task.prediction_ids[:MOST_NAMED]) if letter.task else None,
        )


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
    counts messages, `waiting` counts predictions. In the small lane, these include running predictions.

    Only the bulk lane has `oldest`, the number of `users` who wait in it, and the 100 of them with the most
    cost.
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


class DeadLetterPage(msgspec.Struct, frozen=True):
    items: list[DeadLetterView]
    next_cursor: str | None


class LettersReplayed(msgspec.Struct, frozen=True):
    replayed: int


class Dropped(msgspec.Struct, frozen=True):
    dropped: int


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


@post(
    "/admin/queue/replay",
    status_code=200,
    summary="Replay dead letters",
    description=ReplayDeadLetters.__doc__,
    responses=documented(401, 403, 422),
)
@inject
async def replay_dead_letters(
    request: SignedIn, replay: FromDishka[ReplayDeadLetters], limit: ReplayLimit = 1_000
) -> LettersReplayed:
    return LettersReplayed(await replay(at_most=limit, author=author_of(request)))


@get(
    "/admin/queue/dead",
    summary="List the dead letters",
    description=f"The messages that could not be handled, oldest first: the oldest {MOST_LETTERS:,} of them. "
    "`cursor` skips that many messages, so replaying or dropping some moves the others forward.",
    responses=documented(401, 403, 422),
)
@inject
async def list_dead_letters(
    dead_letters: FromDishka[DeadLetters], limit: Limit = 20, cursor: Cursor = None
) -> DeadLetterPage:
    skip = min(max(number_of(cursor) or 0, 0), MOST_LETTERS)
    found = await dead_letters.list(at_most=min(limit + 1, MOST_LETTERS - skip), skip=skip)
    page, next_cursor = split(found, limit, lambda _: number_position(skip + limit))
    return DeadLetterPage([DeadLetterView.of(letter) for letter in page], next_cursor)


@post(
    "/admin/queue/dead/{letter_id:str}/replay",
    status_code=200,
    summary="Replay one dead letter",
    description="Put one message that could not be handled on the queue again, by its `id`.",
    responses=documented(401, 403, 404, refusals=[DeadLetterNotFound()]),
)
@inject
async def replay_dead_letter(
    request: SignedIn, letter_id: FromPath[str], replay: FromDishka[ReplayDeadLetters]
) -> LettersReplayed:
    return LettersReplayed(await replay(at_most=1, only=letter_id, author=author_of(request)))


@delete(
    "/admin/queue/dead/{letter_id:str}",
    status_code=200,
    summary="Drop one dead letter",
    description="Delete one message that could not be handled, by its `id`. No prediction is lost: a "
    "prediction that is still queued gets a new message.",
    responses=documented(401, 403, 404, refusals=[DeadLetterNotFound()]),
)
@inject
async def drop_dead_letter(
    request: SignedIn, letter_id: FromPath[str], drop: FromDishka[DropDeadLetters]
) -> Dropped:
    return Dropped(await drop(at_most=1, only=letter_id, author=author_of(request)))


@delete(
    "/admin/queue/dead",
    status_code=200,
    summary="Drop dead letters",
    description=DropDeadLetters.__doc__,
    responses=documented(401, 403, 422),
)
@inject
async def drop_dead_letters(
    request: SignedIn, drop: FromDishka[DropDeadLetters], limit: DropLimit
) -> Dropped:
    return Dropped(await drop(at_most=limit, author=author_of(request)))


ROUTES = (
    read_queue,
    replay_dead_letters,
    list_dead_letters,
    replay_dead_letter,
    drop_dead_letter,
    drop_dead_letters,
)
