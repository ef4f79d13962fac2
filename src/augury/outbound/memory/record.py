"""Writes all changes of one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from augury.application.money.ports import Statement
from augury.application.ports import Json
from augury.application.ports.books import AlreadyRecorded
from augury.application.predictions.ports.acceptance import Accepted
from augury.application.predictions.ports.sweeping import FIRST_CHECK, LAST_CHECK
from augury.domain.batch import Batch, SlicePlace
from augury.domain.idempotency import IdempotencyKey, Remembered
from augury.domain.identifiers import UserId
from augury.domain.prediction import Prediction
from augury.domain.transfer import Transfer
from augury.outbound.memory import bulk_lane, key_spending
from augury.outbound.memory.memory import State
from augury.outbound.memory.records import FreeChange, KeyRecord, PredictionRecord, next_check
from augury.outbound.memory.webhook_outbox import tell_end, tell_low_balances, tell_payments


def record(
    state: State,
    now: datetime,
    changed: Sequence[Prediction],
    transfers: Sequence[Transfer],
    keys: Mapping[UserId, tuple[IdempotencyKey, UUID]],
) -> None:
    """Raises `AlreadyRecorded` or `BooksDisagree`, and then leaves the state half changed."""
    for prediction in changed:
        _change(state, prediction, now)
    for user_id, (key, reference) in keys.items():
        remember(state, user_id, key, reference, now)
    move(state, transfers, now)


def move(state: State, transfers: Sequence[Transfer], now: datetime) -> None:
    """Write the transfers, and change the balances that they name."""
    named = {each for transfer in transfers for each in (transfer.user_id, transfer.to_user_id) if each}
    before = {user_id: state.balances[user_id] for user_id in named}
    for transfer in transfers:
        name = (transfer.reference, transfer.kind)
        if name in state.statements:
            raise AlreadyRecorded(f"{transfer.kind} of {transfer.reference}")
        state.statements[name] = Statement(transfer, now, sequence=len(state.statements) + 1)
        for user_id in (transfer.user_id, transfer.to_user_id):
            if user_id is not None:
                state.balances[user_id] = state.balances[user_id].after(transfer)
    tell_payments(state, transfers, now)
    tell_low_balances(state, before, now)


def note_free(state: State, prediction: Prediction, now: datetime) -> None:
    """Record that a prediction without a price was accepted or has ended."""
    if prediction.price == 0 and prediction.batch_id is None:
        change = FreeChange(prediction.user_id, prediction.id, prediction.status.is_final, now)
        state.free_changes[next(reversed(state.free_changes), 0) + 1] = change


def notice(state: State, prediction: Prediction, now: datetime) -> None:
    """Write a notice of this prediction's end if one was requested, and deliveries for the webhooks of this
    event."""
    if state.predictions[prediction.id].notify:
        state.notices[prediction.id] = now
    tell_end(state, prediction, now)


def count_pending(state: State, user_id: UserId, change: int) -> None:
    balance = state.balances[user_id]
    state.balances[user_id] = replace(balance, pending=balance.pending + change)


def accept_batch(
    state: State,
    now: datetime,
    batch: Batch,
    slices: Sequence[Prediction],
    transfers: Sequence[Transfer],
    costs: Sequence[int],
    spender: UUID | None,
) -> None:
    received = state.batches.get(batch.id)
    if received is None or received.owner != batch.user_id or received.batch or received.purged_at:
        raise LookupError("the batch is not being received by this user")
    if spender is not None:
        key_spending.count(state, spender, batch.price, now)
    state.batches[batch.id] = replace(received, batch=batch)
    bulk_lane.enter(state, batch.user_id)
    for number, (each, cost) in enumerate(zip(slices, costs, strict=True)):
        state.predictions[each.id] = PredictionRecord(
            prediction=each,
            input=Json(b""),
            put_at=now,
            due_at=next_check(each, now, LAST_CHECK),
            wait=LAST_CHECK,
            bulk_cost=cost,
            in_bulk=True,
            place=SlicePlace(batch.id, number),
            key_id=spender,
            counted_on=key_spending.day_of(now),
        )
    move(state, transfers, now)


def accept(state: State, accepted: Accepted, now: datetime) -> None:
    prediction = accepted.prediction
    is_bulk = accepted.bulk_cost is not None
    if is_bulk:
        bulk_lane.enter(state, prediction.user_id)
    wait = LAST_CHECK if is_bulk else FIRST_CHECK
    state.predictions[prediction.id] = PredictionRecord(
        prediction=prediction,
        input=accepted.input,
        put_at=now,
        due_at=next_check(prediction, now, wait),
        wait=wait,
        notify=accepted.notify,
        bulk_cost=accepted.bulk_cost,
        in_bulk=is_bulk,
        explain=accepted.explain,
        key_id=accepted.spender,
        counted_on=key_spending.day_of(now),
        top=accepted.top,
    )
    if accepted.spender is not None:
        key_spending.count(state, accepted.spender, prediction.price, now)
    count_pending(state, prediction.user_id, +1)
    note_free(state, prediction, now)
    if accepted.key:
        remember(state, prediction.user_id, accepted.key, prediction.id, now)


def _change(state: State, prediction: Prediction, now: datetime) -> None:
    state.predictions[prediction.id] = replace(
        state.predictions[prediction.id],
        prediction=prediction,
        token=None,
        put_at=now,
        due_at=next_check(prediction, now),
        wait=FIRST_CHECK,
        in_bulk=False,
    )
    if prediction.status.is_final:
        key_spending.give_back(state, state.predictions[prediction.id])
        if prediction.batch_id is None:
            count_pending(state, prediction.user_id, -1)
        note_free(state, prediction, now)
        notice(state, prediction, now)


def remember(state: State, user_id: UserId, key: IdempotencyKey, reference: UUID, now: datetime) -> None:
    state.idempotency_keys[user_id, key.key] = KeyRecord(Remembered(key.fingerprint, reference), now)
