"""Problems with batches."""

from collections.abc import Mapping

from augury.domain.batch import BatchEnded, BatchNotFound, BatchPurged, BatchTooLong, TooManyBatches
from augury.domain.errors import DomainError
from augury.inbound.http.problems.refusals import Kind, named

KINDS: Mapping[type[DomainError], Kind] = {
    BatchNotFound: Kind(404, "batch-not-found", "No such batch", named("batch_id")),
    BatchPurged: Kind(410, "batch-purged", "Rows and answers deleted", named("batch_id")),
    BatchEnded: Kind(
        409,
        "batch-ended",
        "Batch ended",
        {"batch_status": "status"},
        "The batch has ended: it is `{status}`. It cannot be canceled.",
    ),
    BatchTooLong: Kind(
        422, "batch-too-long", "Too many rows", named("most"), "A batch can have at most {most} rows."
    ),
    TooManyBatches: Kind(
        429,
        "too-many-batches",
        "Too many batches",
        named("pending", "most"),
        "Unfinished batches: {pending}, at most {most}. Wait for one, or cancel one.",
    ),
}
