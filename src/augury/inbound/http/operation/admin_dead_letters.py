"""The administrator's routes for messages that could not be handled."""

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
from augury.application.predictions.replay_dead_letters import ReplayDeadLetters
from augury.domain.dead_letter import DeadLetterNotFound
from augury.inbound.http.callers.authors import author_of
from augury.inbound.http.callers.identity import SignedIn
from augury.inbound.http.problems.described import documented
from augury.inbound.http.protocol.paging import Cursor, Limit, number_of, number_position, split

MOST_NAMED = 20
"""The most predictions of a dead letter that are listed."""
DropLimit = Annotated[int, QueryParameter(ge=1, le=10_000, description="Delete at most this many messages.")]
ReplayLimit = Annotated[
    int, QueryParameter(ge=1, le=10_000, description="Replay at most this many messages.")
]


class DeadLetterView(msgspec.Struct, frozen=True):
    """A message that could not be handled. `put_at` is when it was put on the queue, `died_at` when the
    broker removed it, `reason` why, and `deaths` how often. `size` is the number of bytes of the whole body.
    `body` is its beginning; bytes that are not text are replaced. `predictions` lists the ids in the message,
    at most 20; it is null if the format is unknown."""

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


class DeadLetterPage(msgspec.Struct, frozen=True):
    items: list[DeadLetterView]
    next_cursor: str | None


class LettersReplayed(msgspec.Struct, frozen=True):
    __schema_name__ = "Replayed"

    replayed: int


class Dropped(msgspec.Struct, frozen=True):
    dropped: int


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
    replay_dead_letters,
    list_dead_letters,
    replay_dead_letter,
    drop_dead_letter,
    drop_dead_letters,
)
