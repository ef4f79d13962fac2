"""The page of the queue and its dead letters."""

from dishka import FromDishka
from litestar.params import FromPath

from augury.application.predictions.drop_dead_letters import DropDeadLetters
from augury.application.predictions.ports.dead_letters import MOST_LETTERS, DeadLetters
from augury.application.predictions.ports.lanes import BulkLane
from augury.application.predictions.ports.reads import Predictions
from augury.application.predictions.replay_dead_letters import ReplayDeadLetters
from augury.inbound.web.given import number_at
from augury.inbound.web.operator.desk import author_of, desk_get, desk_page, desk_post, done
from augury.inbound.web.rendering import Answer
from augury.inbound.web.visitor import PageRequest

PAGE = 20
MOST_USERS = 20
MOST_NAMED = 5
MOST_COUNTED = 1_000_000
MOST_AT_ONCE = 10_000


@desk_get("/app/desk/queue")
async def queue(
    request: PageRequest,
    dead_letters: FromDishka[DeadLetters],
    predictions: FromDishka[Predictions],
    bulk_lane: FromDishka[BulkLane],
) -> Answer:
    skip = number_at(request.query_params.get("skip", "")) or 0
    lengths = await dead_letters.lengths()
    most = max(0, min(PAGE + 1, MOST_LETTERS - skip))
    letters = await dead_letters.list(at_most=most, skip=skip) if lengths.dead and most else []
    return desk_page(
        request,
        "queue",
        "queue.html",
        lengths=lengths,
        unfinished=await predictions.waiting(at_most=MOST_COUNTED),
        bulk=await bulk_lane.waiting(most_users=MOST_USERS),
        letters=[
            (each, each.task.prediction_ids[:MOST_NAMED] if each.task else None, _text(each.body))
            for each in letters[:PAGE]
        ],
        next_skip=skip + PAGE if len(letters) > PAGE else None,
        skip=skip,
    )


@desk_post("/app/desk/queue/replay")
async def replay_all(request: PageRequest, replay: FromDishka[ReplayDeadLetters]) -> Answer:
    await replay(at_most=MOST_AT_ONCE, author=author_of(request))
    return done(request, "queue", "replayed")


@desk_post("/app/desk/queue/drop")
async def drop_all(request: PageRequest, drop: FromDishka[DropDeadLetters]) -> Answer:
    await drop(at_most=MOST_AT_ONCE, author=author_of(request))
    return done(request, "queue", "dropped")


@desk_post("/app/desk/queue/{letter_id:str}/replay")
async def replay_one(
    request: PageRequest, letter_id: FromPath[str], replay: FromDishka[ReplayDeadLetters]
) -> Answer:
    await replay(at_most=1, only=letter_id, author=author_of(request))
    return done(request, "queue", "replayed")


@desk_post("/app/desk/queue/{letter_id:str}/drop")
async def drop_one(
    request: PageRequest, letter_id: FromPath[str], drop: FromDishka[DropDeadLetters]
) -> Answer:
    await drop(at_most=1, only=letter_id, author=author_of(request))
    return done(request, "queue", "dropped")


def _text(body: bytes) -> str:
    """Bytes that are not text appear as escapes."""
    return body.decode("utf-8", "backslashreplace")


ROUTES = (queue, replay_all, drop_all, replay_one, drop_one)
