"""What `augury batch run` is asked to do, and how far it has got."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlencode
from uuid import uuid4

from augury.bootstrap.cli.options import without_user
from augury.bootstrap.config import OperatorError

TYPES = {"csv": "text/csv", "ndjson": "application/x-ndjson", "parquet": "application/vnd.apache.parquet"}
ENDINGS = {"csv": "csv", "tsv": "csv", "txt": "csv", "ndjson": "ndjson", "jsonl": "ndjson"}
ENDINGS |= {"parquet": "parquet"}


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOrder:
    """The arguments of the command."""

    file: Path
    out: Path
    url: str
    model: str
    format: str
    max_price: int | None

    @property
    def headers(self) -> dict[str, str]:
        """The headers with the file's format. Raises `OperatorError`."""
        name = self.file.name.lower()
        packed = {"Content-Encoding": "gzip"} if name.endswith(".gz") else {}
        ending = name.removesuffix(".gz").rpartition(".")[2]
        if ending not in ENDINGS:
            raise OperatorError(
                f"{self.file}: the name must end in {', '.join(ENDINGS)}, or one of these and .gz"
            )
        return {"Content-Type": TYPES[ENDINGS[ending]], **packed}

    @property
    def query(self) -> str:
        asked: dict[str, object] = {"model": self.model}
        if self.max_price is not None:
            asked["max_price"] = self.max_price
        return urlencode(asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchState:
    """The state of the batch so far."""

    file: str
    stamp: str
    """Changes when the file does."""
    url: str
    model: str
    format: str
    key: str
    """The idempotency key: if the file is sent twice, it is still one batch."""
    batch_id: str | None = None
    tag: str | None = None
    """The `ETag` of the results that were received in part."""

    @classmethod
    def of(cls, order: BatchOrder) -> Self:
        status = order.file.stat()
        return cls(
            file=str(order.file.absolute()),
            stamp=f"{status.st_size} {status.st_mtime_ns}",
            url=without_user(order.url).rstrip("/"),
            model=order.model,
            format=order.format,
            key=f"augury batch run {uuid4()}",
        )

    def same_as(self, other: "BatchState") -> bool:
        mine = (self.file, self.stamp, self.url, self.model, self.format)
        return mine == (other.file, other.stamp, other.url, other.model, other.format)
