"""The administrator's routes that train models from tables."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import Response, get, post
from litestar.openapi.spec import Operation
from litestar.params import FromPath, QueryParameter

from augury.application.models.cancel_training import CancelTraining
from augury.application.models.ports.trainings import ModelTrainings
from augury.application.models.receive_table import ReceiveTable
from augury.domain.identifiers import TrainingId
from augury.domain.model import InvalidModelName
from augury.domain.model_training import (
    EmptyTable,
    TooManyTrainings,
    TrainingEnded,
    TrainingNotFound,
    TrainingState,
)
from augury.domain.model_upload import ChecksumMismatch, UploadTerms
from augury.domain.training_plan import (
    MOST_SECONDS,
    ColumnKind,
    Cost,
    InvalidPlan,
    Plan,
    PlanFault,
    TrainingTask,
)
from augury.inbound.http.callers.authors import author_of
from augury.inbound.http.callers.identity import SignedIn
from augury.inbound.http.edge.layer import share_of
from augury.inbound.http.files.sent_file import sent_file
from augury.inbound.http.models.admin_uploads import NAME, ROW_PRICE, SHA256, TEXT_PRICE
from augury.inbound.http.models.intake import TABLES, ModelIntake
from augury.inbound.http.models.training_views import EXAMPLE, TrainingPage, TrainingView
from augury.inbound.http.problems import wording
from augury.inbound.http.problems.choices import ANY_NAME
from augury.inbound.http.problems.described import documented
from augury.inbound.http.protocol.paging import Cursor, Limit, id_of, split
from augury.inbound.http.settings import HttpSettings

MOST_COLUMN, MOST_KINDS = 200, 2_000
"""Characters of a column's name, and of `kinds`. The URL has a limit (`max_head_bytes`), and a character can
take 12 bytes in it."""
TARGET = QueryParameter(
    min_length=1, max_length=MOST_COLUMN, description="The column to predict.", required=True
)
KINDS = QueryParameter(
    max_length=MOST_KINDS,
    description='A JSON object that sets the kinds of some columns, such as `{"zip": "category"}`. The kinds '
    "of other columns are guessed. The kinds are `number`, `category`, `text`, `date` and `skip`.",
)
TASK = QueryParameter(
    description="What is predicted. Default: classes if the target has words or few different whole numbers, "
    "otherwise numbers."
)
TIME = QueryParameter(
    min_length=1,
    max_length=MOST_COLUMN,
    description="A column with times. The model is tested on the latest fifth of the rows.",
)
GROUP = QueryParameter(
    min_length=1,
    max_length=MOST_COLUMN,
    description="Keep rows with the same value of this column on one side of the split.",
)
POSITIVE = QueryParameter(
    max_length=MOST_COLUMN, description="For two classes: the one that counts as positive."
)
COST = QueryParameter(
    max_length=50,
    description="The costs of a false positive and of a false negative, such as `1:5`: they set the "
    "threshold.",
)
SECONDS = QueryParameter(ge=1, le=MOST_SECONDS, description="About how many seconds the training may take.")
ACTIVATE = QueryParameter(
    description="Whether the new version may become the active one. Otherwise it is `ready`: read its card "
    "first."
)


@dataclass
class TableOperation(Operation):
    """The body of a table, which its handler reads as a stream."""

    def __post_init__(self) -> None:
        self.request_body = sent_file(TABLES, "A CSV file with a header, or a Parquet file.")


@post(
    "/admin/trainings",
    status_code=202,
    request_max_body_size=None,  # it is read as a stream, and counted by `ModelIntake`
    summary="Train a model from a table",
    description=f"{ReceiveTable.__doc__} Read the training to see its progress. The same table for the same "
    "name with the same settings is not trained again: the answer is the earlier training, unless that "
    "failed, was refused or was canceled.",
    operation_class=TableOperation,
    responses=documented(
        *(401, 403, 413, 415, 422, 429),
        refusals=[
            InvalidModelName(name="Churn"),
            InvalidPlan("the split is by time or by group, not by both", PlanFault.TWO_SPLITS),
            ChecksumMismatch(stated="0" * 64, found="1" * 64),
            EmptyTable(),
            TooManyTrainings(pending=20, most=20),
        ],
    ),
)
async def train(
    request: SignedIn,
    name: Annotated[str, NAME],
    target: Annotated[str, TARGET],
    kinds: Annotated[str | None, KINDS] = None,
    task: Annotated[TrainingTask | None, TASK] = None,
    time: Annotated[str | None, TIME] = None,
    group: Annotated[str | None, GROUP] = None,
    positive: Annotated[str | None, POSITIVE] = None,
    cost: Annotated[str | None, COST] = None,
    seconds: Annotated[int, SECONDS] = 180,
    row_price: Annotated[int | None, ROW_PRICE] = None,
    text_price: Annotated[int | None, TEXT_PRICE] = None,
    activate: Annotated[bool, ACTIVATE] = False,  # a query parameter
    sha256: Annotated[str | None, SHA256] = None,
) -> Response[TrainingView]:
    share_of(request.scope).stream()
    intake: ModelIntake = request.app.state.model_intake
    settings: HttpSettings = request.app.state.settings
    plan = Plan(
        target=target,
        kinds=_kinds(kinds),
        task=task,
        time=time,
        group=group,
        positive=positive,
        cost=None if cost is None else Cost.parse(cost),
        time_limit=timedelta(seconds=seconds),
    )
    training = await intake.receive_table(
        *(request.scope, request.stream(), name),
        stated=sha256,
        plan=plan,
        terms=UploadTerms(row_price=row_price, text_price=text_price, activate=activate),
        author=author_of(request),
    )
    view = TrainingView.of(training, base_path=settings.base_path)
    return Response(view, headers={"Location": view.urls.self_})


@get(
    "/admin/trainings",
    summary="List the trainings",
    description="Trainings, newest first. They are deleted some days after they have ended.",
    responses=documented(401, 403, 422),
)
@inject
async def list_trainings(
    request: SignedIn, trainings: FromDishka[ModelTrainings], limit: Limit = 20, cursor: Cursor = None
) -> TrainingPage:
    before = id_of(cursor)
    found = await trainings.page(limit=limit + 1, before=None if before is None else TrainingId(before))
    page, next_cursor = split(found, limit, lambda training: training.id.bytes)
    settings: HttpSettings = request.app.state.settings
    return TrainingPage([TrainingView.of(each, base_path=settings.base_path) for each in page], next_cursor)


@get(
    "/admin/trainings/{training_id:uuid}",
    summary="Read a training",
    description="One training: its progress, or its result.",
    responses=documented(401, 403, 404, refusals=[TrainingNotFound(EXAMPLE)]),
)
@inject
async def read_training(
    request: SignedIn, training_id: FromPath[UUID], trainings: FromDishka[ModelTrainings]
) -> TrainingView:
    settings: HttpSettings = request.app.state.settings
    return TrainingView.of(await trainings.get(TrainingId(training_id)), base_path=settings.base_path)


@post(
    "/admin/trainings/{training_id:uuid}/cancel",
    status_code=200,
    summary="End a training",
    description=CancelTraining.__doc__,
    responses=documented(
        *(401, 403, 404, 409),
        refusals=[TrainingNotFound(EXAMPLE), TrainingEnded(state=TrainingState.READY)],
    ),
)
@inject
async def cancel_training(
    request: SignedIn, training_id: FromPath[UUID], cancel: FromDishka[CancelTraining]
) -> TrainingView:
    settings: HttpSettings = request.app.state.settings
    training = await cancel(TrainingId(training_id), author=author_of(request))
    return TrainingView.of(training, base_path=settings.base_path)


def _kinds(text: str | None) -> dict[str, ColumnKind]:
    """Raises `InvalidPlan`."""
    if text is None:
        return {}
    try:
        return msgspec.json.decode(text, type=dict[str, ColumnKind])
    except msgspec.MsgspecError as error:
        if isinstance(error, msgspec.ValidationError):
            subject = "the kind of a column" if ANY_NAME in str(error) else "it"
            why = f"{subject} {wording.split(str(error), dict[str, ColumnKind])[0]}"
        else:
            why = str(error).replace("Input data", "the JSON")
        said = f"`kinds` is not a JSON object of kinds: {why}"
        raise InvalidPlan(said, PlanFault.KINDS_FORM) from error


ROUTES = (train, list_trainings, read_training, cancel_training)
