from enum import StrEnum


class Format(StrEnum):
    """The formats of the files that batches accept and return."""

    CSV = "csv"
    NDJSON = "ndjson"
    PARQUET = "parquet"
