"""The pages of trainings: the list, a form that sends a table, and one training with its progress."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from dishka import FromDishka
from litestar.params import FromPath

from augury.application.models.cancel_training import CancelTraining
from augury.application.models.ports.models import Models
from augury.application.models.ports.trainings import ModelTrainings
from augury.domain.errors import DomainError
from augury.domain.identifiers import TrainingId
from augury.domain.model_training import ModelTraining
from augury.domain.model_upload import UploadTerms
from augury.domain.training_plan import MOST_SECONDS, ColumnKind, Cost, Plan, TrainingTask, kinds_of
from augury.inbound.web.form_head import FormHead
from augury.inbound.web.given import NotOffered, TooLong, choice, id_at, is_ticked, typed_number
from augury.inbound.web.operator.desk import author_of, desk_get, desk_page, desk_post, done
from augury.inbound.web.outside import Outside
from augury.inbound.web.problems import status_of
from augury.inbound.web.rendering import Answer
from augury.inbound.web.texts import texts
from augury.inbound.web.visitor import CSRF, STREAMED, PageRequest, require_own_form

PAGE = 20
MOST_COLUMN = 200
"""Characters of a column's name."""
SECONDS = 180
ONE = "/app/desk/trainings/{training_id:uuid}"


@desk_get("/app/desk/trainings")
async def listed(request: PageRequest, trainings: FromDishka[ModelTrainings]) -> Answer:
    return await _list(request, trainings)


@desk_post("/app/desk/trainings", opt={STREAMED: True}, request_max_body_size=None)
async def send(request: PageRequest, trainings: FromDishka[ModelTrainings]) -> Answer:
    """Read the table while it arrives. The fields come before it in the form."""
    outside: Outside = request.app.state.outside
    outside.streams(request.scope)
    head = FormHead(request.scope, request.stream())
    fields = await head.fields()
    require_own_form(request.user, fields.get(CSRF, ""))
    try:
        made = await outside.models().receive_table(
            request.scope,
            head.whole(),
            fields.get("name", "").strip(),
            stated=None,
            plan=_plan(fields),
            terms=UploadTerms(
                row_price=typed_number(fields.get("row_price")),
                text_price=typed_number(fields.get("text_price")),
                activate=is_ticked(fields.get("activate")),
            ),
            author=author_of(request),
        )
    except DomainError as error:
        sentence = texts(request.user.language).refusal(error)
        return await _list(request, trainings, sentence, typed=fields, status=status_of(error))
    return done(request, f"trainings/{made.id}", "trained-before" if made.state.is_final else "table-sent")


@desk_get(ONE, f"{ONE}/state")
async def one(
    request: PageRequest,
    training_id: FromPath[UUID],
    trainings: FromDishka[ModelTrainings],
    models: FromDishka[Models],
) -> Answer:
    training = await trainings.get(TrainingId(training_id))
    is_part = request.scope["path"].endswith("/state")
    return desk_page(
        request,
        "trainings",
        "part/training_state.html" if is_part else "training.html",
        training=training,
        found=[texts(request.user.language).reason(each) for each in training.progress.found],
        model=await models.version(training.ref) if training.ref else None,
    )


@desk_post(f"{ONE}/cancel")
async def cancel(
    request: PageRequest, training_id: FromPath[UUID], cancel_training: FromDishka[CancelTraining]
) -> Answer:
    await cancel_training(TrainingId(training_id), author=author_of(request))
    return done(request, f"trainings/{training_id}", "training-ends")


def _plan(fields: Mapping[str, str]) -> Plan:
    """Raises `InvalidPlan`, and the errors of the fields."""
    seconds = typed_number(fields.get("seconds"))
    if seconds is not None and not 1 <= seconds <= MOST_SECONDS:
        raise NotOffered(str(seconds))
    cost = fields.get("cost", "").strip()
    return Plan(
        target=_column(fields.get("target")),
        kinds=kinds_of([line for line in fields.get("kinds", "").splitlines() if line.strip()]),
        task=choice(fields.get("task"), TrainingTask),
        time=_column(fields.get("time")) or None,
        group=_column(fields.get("group")) or None,
        positive=_column(fields.get("positive")) or None,
        cost=Cost.parse(cost) if cost else None,
        time_limit=timedelta(seconds=seconds or SECONDS),
    )


def _column(text: str | None) -> str:
    """A name of a column or of a class, which may begin or end with a blank. Raises `TooLong`."""
    name = text or ""
    if len(name) > MOST_COLUMN:
        raise TooLong(MOST_COLUMN)
    return name


async def _list(
    request: PageRequest,
    trainings: ModelTrainings,
    sentence: str = "",
    *,
    typed: Mapping[str, str] | None = None,
    status: int = 200,
) -> Answer:
    before = id_at(request.query_params.get("before", ""))
    found = await trainings.page(limit=PAGE + 1, before=TrainingId(before) if before else None)
    more: ModelTraining | None = found[PAGE - 1] if len(found) > PAGE else None
    return desk_page(
        request,
        "trainings",
        "trainings.html",
        status=status,
        trainings=found[:PAGE],
        more=more,
        is_first=before is None,
        sentence=sentence,
        typed=typed or {"seconds": str(SECONDS)},
        kinds=list(ColumnKind),
        tasks=list(TrainingTask),
        most_seconds=MOST_SECONDS,
    )


ROUTES = (listed, send, one, cancel)
