from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from asyncpg import Pool, Record
from typing_extensions import override

from augury.application.batches.ports import Batches, StoredBatch, StoredSlice
from augury.domain import retention
from augury.domain.batch import Batch, BatchNotFound, Progress
from augury.domain.identifiers import BatchId, UserId
from augury.domain.model import ModelRef
from augury.domain.prediction import Status
from augury.domain.webhook import EventType
from augury.outbound.postgres.batch_books import UNFINISHED
from augury.outbound.postgres.intervals import is_older
from augury.outbound.postgres.pages import LAST, hidden, newest_first, within
from augury.outbound.postgres.query import fetch
from augury.outbound.postgres.webhook_outbox import telling

RECEIVE = "INSERT INTO batches (id, user_id, received_at) VALUES ($1, $2, $3)"

# The numbers of an open batch are summed from its slices; a closed batch stores its sums. The outer SELECT
# repeats the order of `wanted`.
_OWN = """
    id, user_id, model_name, model_version, rows, slices, price, accepted_at, purged_at, closed_at, done,
    failed, charged, canceled, expired, started_at, finished_at
"""
_READ = """
WITH wanted AS (SELECT {columns} {wanted}), summed AS (
    SELECT b.id, sums.done, sums.failed, sums.charged, sums.queued, sums.processing, sums.canceled,
        sums.expired, sums.started_at, sums.finished_at
    FROM wanted b CROSS JOIN LATERAL (
        SELECT coalesce(sum(p.valid_rows), 0)::int AS done,
            coalesce(sum(p.rows - p.valid_rows) FILTER (
                WHERE p.status NOT IN ('queued', 'processing')
            ), 0)::int AS failed,
            coalesce(sum(t.amount), 0)::bigint AS charged,
            count(*) FILTER (WHERE p.status = 'queued')::int AS queued,
            count(*) FILTER (WHERE p.status = 'processing')::int AS processing,
            count(*) FILTER (WHERE p.status = 'canceled')::int AS canceled,
            count(*) FILTER (WHERE p.status = 'expired')::int AS expired,
            min(p.started_at) AS started_at, max(p.finished_at) AS finished_at
        FROM slices s JOIN predictions p ON p.id = s.prediction_id
        LEFT JOIN transfers t ON t.reference = p.id AND t.kind = 'capture'
        WHERE s.batch_id = b.id
    ) AS sums WHERE b.closed_at IS NULL
)
"""
_COLUMNS = """
SELECT b.id, b.user_id, b.model_name, b.model_version, b.rows, b.slices, b.price, b.accepted_at, b.purged_at,
    coalesce(b.done, s.done) AS done, coalesce(b.failed, s.failed) AS failed,
    coalesce(b.charged, s.charged) AS charged, coalesce(s.queued, 0) AS queued,
    coalesce(s.processing, 0) AS processing, coalesce(b.canceled, s.canceled) AS canceled,
    coalesce(b.expired, s.expired) AS expired, coalesce(b.started_at, s.started_at) AS started_at,
    coalesce(b.finished_at, s.finished_at) AS finished_at
FROM wanted b LEFT JOIN summed s USING (id) ORDER BY b.id DESC
"""


def _reading(wanted: str) -> str:
    """The statement that reads the batches of `wanted`, a FROM clause."""
    return _READ.format(columns=_OWN, wanted=wanted) + _COLUMNS


GET = _reading("FROM batches WHERE id = $1 AND user_id = $2 AND accepted_at IS NOT NULL")
SEVERAL = _reading("FROM batches WHERE id = ANY ($1::uuid[]) AND accepted_at IS NOT NULL")
PAGE = _reading(f"""
    FROM batches WHERE {within("user_id, id", "$1", before="$2")} AND accepted_at IS NOT NULL
    ORDER BY {newest_first("user_id, id")} LIMIT {hidden("$3")}
""")
RUNNING = _reading("""
    FROM batches WHERE user_id = $1 AND accepted_at IS NOT NULL AND closed_at IS NULL
    ORDER BY id DESC LIMIT $2
""")
SLICES = """
SELECT number, first_row, prediction_id, status, rows, valid_rows
FROM slices s JOIN predictions p ON p.id = prediction_id
WHERE s.batch_id = $1 AND number >= $2
    AND (NOT $4 OR status NOT IN ('queued', 'processing') AND valid_rows < rows)
ORDER BY number LIMIT $3
"""

_TOLD = telling(
    EventType.BATCH_FINISHED, of="closed", users="ARRAY (SELECT user_id FROM closed)", subject="told.id"
)


def _close(which: str) -> str:
    """The statement that closes the batches that have ended, and writes their sums and the deliveries for
    webhooks. `which` is a condition on the id."""
    # Slices are run in order. While the last one is unfinished, the others need not be checked.
    wanted = f"""
        FROM batches b
        WHERE {which} AND accepted_at IS NOT NULL AND closed_at IS NULL AND CASE
            WHEN (
                SELECT status IN ('queued', 'processing')
                FROM slices s JOIN predictions p ON p.id = prediction_id
                WHERE s.batch_id = b.id ORDER BY number DESC LIMIT 1
            ) THEN false
            ELSE NOT EXISTS (
                SELECT FROM slices s JOIN predictions p ON p.id = prediction_id
                WHERE s.batch_id = b.id AND status IN ('queued', 'processing')
            )
        END
        ORDER BY id FOR UPDATE
    """
    return f"""
    {_READ.format(columns=_OWN, wanted=wanted)}, closed AS (
        UPDATE batches b SET
            closed_at = now(), done = s.done, failed = s.failed, charged = s.charged, canceled = s.canceled,
            expired = s.expired, started_at = s.started_at, finished_at = s.finished_at
        FROM summed s WHERE b.id = s.id RETURNING b.id, b.user_id
    ), told AS ({_TOLD})
    SELECT count(*) FROM closed
    """


CLOSE = _close("id = ANY ($1::uuid[])")
CLOSE_ENDED = _close("true")

# A batch that was received long ago is given up first: it may be accepted right now.
OUTDATED = f"""
WITH given_up AS (
    UPDATE batches SET purged_at = now()
    WHERE accepted_at IS NULL AND id = ANY (ARRAY (
        SELECT id FROM batches
        WHERE accepted_at IS NULL AND {is_older("received_at", retention.UNACCEPTED_BATCHES)}
        ORDER BY received_at LIMIT $2
    )) RETURNING id
)
(
    SELECT id FROM batches
    WHERE purged_at IS NULL AND finished_at < now() - $1::interval ORDER BY finished_at LIMIT $2
) UNION (
    SELECT id FROM given_up
) UNION (
    SELECT b.id FROM batches b JOIN users u ON u.id = user_id
    WHERE purged_at IS NULL AND u.closed_at IS NOT NULL LIMIT $2
) LIMIT $2
"""

GIVE_UP = "UPDATE batches SET purged_at = now() WHERE id = $1 AND accepted_at IS NULL RETURNING id"
IS_ACCEPTED = "SELECT id FROM batches WHERE id = $1 AND accepted_at IS NOT NULL"

PURGED = """
WITH forgotten AS (DELETE FROM batches WHERE id = $1 AND accepted_at IS NULL)
UPDATE batches SET purged_at = now() WHERE id = $1 AND accepted_at IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class PostgresBatches(Batches):
    pool: Pool

    @override
    async def receive(self, batch_id: BatchId, *, owner: UserId, at: datetime) -> None:
        await fetch(self.pool, RECEIVE, batch_id, owner, at)

    @override
    async def unfinished(self, owner: UserId) -> int:
        return int((await fetch(self.pool, UNFINISHED, owner))[0][0])

    @override
    async def get(self, batch_id: BatchId, *, owner: UserId) -> StoredBatch:
        rows = await fetch(self.pool, GET, batch_id, owner)
        if not rows:
            raise BatchNotFound(batch_id=batch_id)
        return _stored(rows[0])

    @override
    async def several(self, ids: Collection[BatchId]) -> Sequence[StoredBatch]:
        return [_stored(row) for row in await fetch(self.pool, SEVERAL, list(ids))]

    @override
    async def page(
        self, owner: UserId, *, limit: int, before: BatchId | None = None
    ) -> Sequence[StoredBatch]:
        rows = await fetch(self.pool, PAGE, owner, before or LAST, limit)
        return [_stored(row) for row in rows]

    @override
    async def running(self, owner: UserId, *, limit: int) -> Sequence[StoredBatch]:
        return [_stored(row) for row in await fetch(self.pool, RUNNING, owner, limit)]

    @override
    async def slices(
        self, batch_id: BatchId, *, first: int, limit: int, only_with_errors: bool = False
    ) -> Sequence[StoredSlice]:
        return [
            StoredSlice(
                number=row["number"],
                first_row=row["first_row"],
                prediction_id=row["prediction_id"],
                status=Status(row["status"]),
                rows=row["rows"],
                valid_rows=row["valid_rows"],
            )
            for row in await fetch(self.pool, SLICES, batch_id, first, limit, only_with_errors)
        ]

    @override
    async def close(self, ids: Collection[BatchId]) -> None:
        await fetch(self.pool, CLOSE, list(ids))

    @override
    async def close_ended(self) -> int:
        return int((await fetch(self.pool, CLOSE_ENDED))[0][0])

    @override
    async def outdated(self, *, keep: timedelta, limit: int) -> Sequence[BatchId]:
        return [BatchId(row["id"]) for row in await fetch(self.pool, OUTDATED, keep, limit)]

    @override
    async def give_up(self, batch_id: BatchId) -> bool:
        if await fetch(self.pool, GIVE_UP, batch_id):
            return True
        # The snapshot of the first statement may be older than the acceptance for which it waited.
        return not await fetch(self.pool, IS_ACCEPTED, batch_id)

    @override
    async def purged(self, batch_id: BatchId) -> None:
        await fetch(self.pool, PURGED, batch_id)


def _stored(row: Record) -> StoredBatch:
    return StoredBatch(
        Batch(
            id=row["id"],
            user_id=row["user_id"],
            model=ModelRef(row["model_name"], row["model_version"]),
            rows=row["rows"],
            slices=row["slices"],
            price=row["price"],
            created_at=row["accepted_at"],
        ),
        Progress(
            done=row["done"],
            failed=row["failed"],
            charged=row["charged"],
            queued=row["queued"],
            processing=row["processing"],
            canceled=row["canceled"],
            expired=row["expired"],
            started_at=row["started_at"],
            finished_at=row["finished_at"],
        ),
        has_data=row["purged_at"] is None,
    )
