"""The messages about large files: their progress, and their result."""

from datetime import datetime

from augury.application.batches.ports import StoredBatch
from augury.application.chats.ports.results import BatchReply
from augury.domain.prediction import Status
from augury.inbound.telegram.texts import Markup, Speech, in_lines


def in_progress(reply: BatchReply, stored: StoredBatch, say: Speech, now: datetime) -> Markup:
    """The message of a batch that has not ended."""
    batch, progress = stored.batch, stored.progress
    if progress.status is Status.QUEUED:
        return say("batch-queued", file=reply.file_name, rows=batch.rows, price=batch.price)
    lines = [
        say(
            "batch-progress",
            file=reply.file_name,
            ended=progress.done + progress.failed,
            rows=batch.rows,
            charged=progress.charged,
        )
    ]
    seconds = progress.ends_in(batch.rows, now)
    if seconds is not None:
        lines.append(say("batch-ends-in", minutes=round(seconds / 60)))
    return in_lines(*lines)


def in_the_end(reply: BatchReply, stored: StoredBatch, say: Speech) -> Markup:
    """The result of a batch that has ended."""
    progress = stored.progress
    words = {
        Status.CANCELED: "batch-canceled",
        Status.EXPIRED: "batch-expired",
        Status.FAILED: "batch-failed",
    }
    return say(
        words.get(progress.status, "batch-done"),
        file=reply.file_name,
        valid=progress.done,
        rows=stored.batch.rows,
    )
