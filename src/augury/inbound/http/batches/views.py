"""Batches as the API shows them."""

from datetime import datetime
from typing import Self
from uuid import UUID

import msgspec

from augury.application.batches.ports import StoredBatch
from augury.domain.identifiers import BatchId
from augury.domain.prediction import Status
from augury.inbound.http.problems.field_problems import FieldProblem

EXAMPLE = BatchId(UUID("01994d2f-7c1e-7000-8a3b-5c6d7e8f9012"))


class BatchUrls(msgspec.Struct, frozen=True):
    self_: str = msgspec.field(name="self")
    results: str
    errors: str
    cancel: str


class BatchView(msgspec.Struct, frozen=True):
    """A batch in its current state. Of its `rows`, `done` were answered and charged, and `failed` ended
    without an answer: they were invalid, failed, canceled or expired. `price` was held for all rows,
    `charged` is the cost of the rows that are done. `ends_in` is an estimate in seconds, null if there is
    none. If `has_data` is false, the rows and answers were deleted."""

    id: BatchId
    status: Status
    model: str
    rows: int
    done: int
    failed: int
    price: int
    charged: int
    ends_in: int | None
    has_data: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    urls: BatchUrls

    @classmethod
    def of(cls, stored: StoredBatch, now: datetime, *, base_path: str) -> Self:
        batch, progress = stored.batch, stored.progress
        url = f"{base_path}/batches/{batch.id}"
        return cls(
            id=batch.id,
            status=progress.status,
            model=str(batch.model),
            rows=batch.rows,
            done=progress.done,
            failed=progress.failed,
            price=batch.price,
            charged=progress.charged,
            ends_in=progress.ends_in(batch.rows, now),
            has_data=stored.has_data,
            created_at=batch.created_at,
            started_at=progress.started_at,
            finished_at=progress.finished_at if progress.is_final else None,
            urls=BatchUrls(url, f"{url}/results", f"{url}/errors", f"{url}/cancel"),
        )


class BatchPage(msgspec.Struct, frozen=True):
    items: list[BatchView]
    next_cursor: str | None


class ErrorPage(msgspec.Struct, frozen=True):
    """Rows without an answer, in order. `row` counts from 0 through the whole batch."""

    items: list[FieldProblem]
    next_cursor: str | None
