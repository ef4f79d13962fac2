from collections.abc import Collection, Sequence
from dataclasses import dataclass

from asyncpg import Pool
from sqlalchemy import (
    ARRAY,
    Integer,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    null,
    or_,
    select,
    update,
)
from typing_extensions import override

from augury.application.predictions.ports import (
    MOST_BYTES_AT_ONCE,
    MOST_LISTED_BYTES,
    PredictionContents,
    Predictions,
    StoredPrediction,
)
from augury.domain.balance import TransferKind
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.prediction import PredictionNotFound, Status, WrongStatus
from augury.domain.text import is_storable
from augury.outbound.postgres.prediction_rows import COLUMNS, stored_prediction_of
from augury.outbound.postgres.query import fetch, query
from augury.outbound.postgres.tables import predictions, transfers, unfinished

ITS_OWN = and_(predictions.c.id == bindparam("prediction_id"), predictions.c.user_id == bindparam("owner"))
IS_FINAL = predictions.c.status.not_in([literal_column("'queued'"), literal_column("'processing'")])

REFUNDED = case(
    (
        predictions.c.valid_rows > 0,  # a free prediction has no refund to look up
        select(transfers.c.amount)
        .where(
            transfers.c.reference == predictions.c.id,
            transfers.c.kind == literal_column(f"'{TransferKind.REFUND}'"),
        )
        .scalar_subquery(),
    ),
    else_=null(),
).label("refunded")
"""A lookup by the primary key of transfers. There is at most one refund."""
_bytes = func.octet_length(predictions.c.output)  # of a compressed value, too, without reading it
STORED = select(
    *COLUMNS,
    case((_bytes <= literal_column(str(MOST_BYTES_AT_ONCE)), predictions.c.output), else_=null()).label(
        "output"
    ),
    case((_bytes > literal_column(str(MOST_BYTES_AT_ONCE)), _bytes), else_=literal_column("0")).label(
        "large_output"
    ),
    predictions.c.errors,
    predictions.c.warnings,
    REFUNDED,
)
GET = query(STORED.where(ITS_OWN))
SEVERAL = query(STORED.where(predictions.c.id == func.any(bindparam("ids", type_=ARRAY(Uuid)))))

# A server that compresses unpacks the value from its start up to this piece, and no further.
PIECE = query(
    select(
        func.substr(
            predictions.c.output, bindparam("first", type_=Integer), literal_column(str(MOST_BYTES_AT_ONCE))
        )
    ).where(ITS_OWN)
)

_before = bindparam("before", type_=Uuid)
_status = bindparam("status", type_=Text)
_name = bindparam("name", type_=Text)
_version = bindparam("version", type_=Integer)
PAGE = query(
    select(
        *COLUMNS,
        case(
            (
                and_(
                    predictions.c.rows == literal_column("1"),
                    _bytes <= literal_column(str(MOST_LISTED_BYTES)),
                ),
                predictions.c.output,
            ),
            else_=null(),
        ).label("output"),
        literal_column("0").label("large_output"),
        null().label("errors"),
        predictions.c.warnings,
        REFUNDED,
    )
    .where(
        predictions.c.user_id == bindparam("owner"),
        or_(_before.is_(None), predictions.c.id < _before),
        or_(_status.is_(None), predictions.c.status == _status),
        or_(_name.is_(None), predictions.c.model_name == _name),
        or_(_version.is_(None), predictions.c.model_version == _version),
    )
    .order_by(predictions.c.id.desc())
    .limit(bindparam("most"))
)
WAITING = query(
    select(func.count()).select_from(
        select(unfinished.c.prediction_id).limit(bindparam("at_most")).subquery()
    )
)
FINAL = query(
    select(predictions.c.id).where(
        predictions.c.id == func.any(bindparam("ids", type_=ARRAY(Uuid))),
        IS_FINAL,
    )
)
FORGET = query(
    update(predictions)
    .where(ITS_OWN, IS_FINAL)
    .values(input=None, output=None, errors=None, warnings=None)
    .returning(predictions.c.id)
)


@dataclass(frozen=True, slots=True)
class PostgresPredictions(Predictions):
    pool: Pool

    @override
    async def get(self, prediction_id: PredictionId, *, owner: UserId) -> StoredPrediction:
        rows = await fetch(self.pool, *GET(prediction_id=prediction_id, owner=owner))
        if not rows:
            raise PredictionNotFound(prediction_id=prediction_id)
        return stored_prediction_of(rows[0])

    @override
    async def piece(self, prediction_id: PredictionId, *, owner: UserId, begin: int) -> bytes:
        rows = await fetch(self.pool, *PIECE(prediction_id=prediction_id, owner=owner, first=begin + 1))
        if not rows:
            raise PredictionNotFound(prediction_id=prediction_id)
        return rows[0][0] or b""

    @override
    async def several(self, ids: Collection[PredictionId]) -> Sequence[StoredPrediction]:
        return [stored_prediction_of(row) for row in await fetch(self.pool, *SEVERAL(ids=list(ids)))]

    @override
    async def page(
        self,
        owner: UserId,
        *,
        limit: int,
        before: PredictionId | None = None,
        status: Status | None = None,
        model: str | None = None,
    ) -> Sequence[StoredPrediction]:
        if model is not None and not is_storable(model):
            return []
        name, version = _model(model)
        rows = await fetch(
            self.pool,
            *PAGE(owner=owner, most=limit, before=before, status=status, name=name, version=version),
        )
        return [stored_prediction_of(row) for row in rows]

    @override
    async def waiting(self, *, at_most: int) -> int:
        rows = await fetch(self.pool, *WAITING(at_most=at_most))
        return int(rows[0][0])

    @override
    async def final(self, ids: Collection[PredictionId]) -> Collection[PredictionId]:
        return [row["id"] for row in await fetch(self.pool, *FINAL(ids=list(ids)))]


@dataclass(frozen=True, slots=True)
class PostgresPredictionContents(PredictionContents):
    pool: Pool

    @override
    async def forget(self, prediction_id: PredictionId, *, owner: UserId) -> None:
        if not await fetch(self.pool, *FORGET(prediction_id=prediction_id, owner=owner)):
            stored = await PostgresPredictions(self.pool).get(prediction_id, owner=owner)
            raise WrongStatus(status=stored.prediction.status)


def _model(text: str | None) -> tuple[str | None, int | None]:
    """Split `name` or `name@version`. An invalid version becomes -1, which no model has."""
    if text is None:
        return None, None
    name, at, version = text.partition("@")
    if not at:
        return name, None
    known = version.isascii() and version.isdigit() and len(version) < 10
    return name, int(version) if known else -1
