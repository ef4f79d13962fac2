"""Converts rows to predictions."""

from asyncpg import Record

from augury.application.predictions.ports.reads import StoredPrediction
from augury.domain.lane import Lane
from augury.domain.model import ModelRef
from augury.domain.prediction import Failure, Prediction, Status
from augury.outbound.postgres.row_errors import decoded_errors, decoded_warnings

COLUMNS = """
id, user_id, model_name, model_version, rows, row_price, single, status, attempts, created_at, expires_at,
started_at, finished_at, valid_rows, failure, text_price, text_bytes, valid_text_bytes,
batch_id
"""
"""The columns that make a `Prediction`."""


def in_bulk(prediction: str) -> str:
    """The column that says whether a queued prediction is in the bulk lane; null for others. For a queued
    one, it reads one row of `unfinished` by the primary key."""
    return f"""
        CASE WHEN {prediction}.status = 'queued' THEN (
            SELECT cost IS NOT NULL FROM unfinished WHERE prediction_id = {prediction}.id
        ) END AS in_bulk
    """


_LANES = {None: None, False: Lane.SMALL, True: Lane.BULK}
_STATUSES = {status.value: status for status in Status}


def prediction_of(row: Record) -> Prediction:
    return Prediction(
        id=row["id"],
        user_id=row["user_id"],
        model=ModelRef(row["model_name"], row["model_version"]),
        rows=row["rows"],
        row_price=row["row_price"],
        text_price=row["text_price"] or 0,
        text_bytes=row["text_bytes"] or 0,
        single=row["single"],
        batch_id=row["batch_id"],
        status=_STATUSES[row["status"]],
        attempts=row["attempts"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        valid_rows=row["valid_rows"],
        valid_text_bytes=row["valid_text_bytes"] or 0,
        failure=None if row["failure"] is None else Failure(row["failure"]),
    )


def stored_prediction_of(row: Record) -> StoredPrediction:
    return StoredPrediction(
        prediction_of(row),
        row["output"],
        decoded_errors(row["errors"]),
        decoded_warnings(row["warnings"]),
        refunded=row["refunded"] or 0,
        large_output=row["large_output"] or 0,
        lane=_LANES[row["in_bulk"]],
    )


def valid_text_bytes(prediction: Prediction) -> int | None:
    """The column's value: null where text is free."""
    return prediction.valid_text_bytes if prediction.text_price else None
