"""Finds the predictions that the sweeper must repair."""

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from augury.application.predictions.ports.sweeping import LAST_CHECK, Due
from augury.domain.identifiers import PredictionId
from augury.domain.prediction import Prediction, Status
from augury.outbound.memory.memory import State
from augury.outbound.memory.records import PredictionRecord, next_check


class Finding(StrEnum):
    LOST = "lost"
    EXPIRED = "expired"
    ABANDONED = "abandoned"
    WAITING = "waiting"
    """Its message is still in the queue."""
    RUNNING = "running"


def due(state: State, now: datetime, limit: int, *, put_before: datetime | None, early: bool) -> Due:
    """Find the due predictions. Also sets the next check of those that stay queued."""
    found: dict[Finding, list[Prediction]] = {finding: [] for finding in Finding}
    for record in _candidates(state, now, put_before, early=early)[:limit]:
        finding = _finding(state, record, now, put_before)
        found[finding].append(record.prediction)
        if finding in (Finding.LOST, Finding.WAITING):
            state.predictions[record.prediction.id] = _put_off(record, now, put_again=finding is Finding.LOST)
    return Due(
        lost=_by_id(found[Finding.LOST]),
        expired=_by_id(found[Finding.EXPIRED]),
        abandoned=_by_id(found[Finding.ABANDONED]),
    )


def left(state: State, now: datetime, silent_for: timedelta) -> list[Prediction]:
    """End the silent runs. Returns their unfinished predictions, as started."""
    found: dict[PredictionId, Prediction] = {}
    for token, run in [*state.runs.items()]:
        if run.seen_at >= now - silent_for:
            continue
        del state.runs[token]
        for record in (state.predictions[each] for each in run.ids if each in state.predictions):
            prediction = record.prediction
            if prediction.status is Status.QUEUED and not prediction.attempts:
                found[prediction.id] = prediction.start(at=run.begun_at)
            elif record.token == token:
                found[prediction.id] = prediction
    return _by_id(found.values())


def _candidates(
    state: State, now: datetime, put_before: datetime | None, *, early: bool
) -> list[PredictionRecord]:
    """The candidates, first those that the queue has passed: only they can be lost or abandoned."""
    records = [
        record
        for record in state.predictions.values()
        if not record.prediction.status.is_final and (early or record.due_at <= now)
    ]
    return sorted(
        records,
        key=lambda record: (not _was_passed(record, put_before), record.due_at, record.prediction.id),
    )


def _finding(state: State, record: PredictionRecord, now: datetime, put_before: datetime | None) -> Finding:
    prediction = record.prediction
    if prediction.status is Status.PROCESSING:
        return Finding.ABANDONED if record.due_at <= now else Finding.RUNNING
    if not prediction.attempts and any(prediction.id in run.ids for run in state.runs.values()):
        return Finding.RUNNING
    if prediction.expires_at is not None and prediction.expires_at <= now:
        return Finding.EXPIRED
    return Finding.LOST if _was_passed(record, put_before) else Finding.WAITING


def _was_passed(record: PredictionRecord, put_before: datetime | None) -> bool:
    return put_before is not None and record.put_at < put_before and not record.in_bulk


def _put_off(record: PredictionRecord, now: datetime, *, put_again: bool) -> PredictionRecord:
    wait = min(2 * record.wait, LAST_CHECK) if put_again else record.wait
    return replace(
        record,
        put_at=now if put_again else record.put_at,
        due_at=next_check(record.prediction, now, wait * random.uniform(0.9, 1.1)),
        wait=wait,
    )


def _by_id(predictions: Iterable[Prediction]) -> list[Prediction]:
    return sorted(predictions, key=lambda each: each.id)
