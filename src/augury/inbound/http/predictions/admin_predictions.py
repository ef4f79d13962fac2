"""The administrator's route to the predictions of a user."""

from datetime import datetime
from typing import Self
from uuid import UUID

import msgspec
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import get
from litestar.params import FromPath

from augury.application.people.ports.users import Users
from augury.application.predictions.ports.reads import Predictions
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.prediction import Failure, Prediction, Status
from augury.domain.user import UserNotFound
from augury.inbound.http.problems.described import documented
from augury.inbound.http.protocol.paging import Cursor, Limit, cursor_at, id_of


class PredictionSummary(msgspec.Struct, frozen=True):
    """A prediction without its rows and answers, which are private to its user."""

    id: PredictionId
    status: Status
    model: str
    rows: int
    price: int
    charged: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    failure: Failure | None

    @classmethod
    def of(cls, prediction: Prediction) -> Self:
        return cls(
            prediction.id,
            prediction.status,
            str(prediction.model),
            prediction.rows,
            prediction.price,
            prediction.charged,
            prediction.created_at,
            prediction.started_at,
            prediction.finished_at,
            prediction.failure,
        )


class PredictionSummaryPage(msgspec.Struct, frozen=True):
    items: list[PredictionSummary]
    next_cursor: str | None


@get(
    "/admin/users/{user_id:uuid}/predictions",
    summary="List a user's predictions",
    description="The user's predictions, newest first, without their rows and answers.",
    responses=documented(401, 403, 404, 422, refusals=[UserNotFound()]),
)
@inject
async def read_predictions(
    user_id: FromPath[UUID],
    users: FromDishka[Users],
    predictions: FromDishka[Predictions],
    limit: Limit = 20,
    cursor: Cursor = None,
) -> PredictionSummaryPage:
    user = await users.get(UserId(user_id))
    before = id_of(cursor)
    page = await predictions.page(
        user.id, limit=limit, before=None if before is None else PredictionId(before)
    )
    items = [PredictionSummary.of(stored.prediction) for stored in page.items]
    return PredictionSummaryPage(items, None if page.more is None else cursor_at(page.more.bytes))


ROUTES = (read_predictions,)
