"""Deliveries of webhooks, written in the transactions of their events."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from typing_extensions import override

from augury.application.webhooks.ports import WebhookOutbox
from augury.domain.balance import Balance
from augury.domain.identifiers import DeliveryId, UserId, uuid7
from augury.domain.model import ModelRef
from augury.domain.prediction import Prediction
from augury.domain.transfer import Transfer, TransferKind
from augury.domain.webhook import EventType, Webhook
from augury.domain.webhook_delivery import Facts, WebhookDelivery, facts_of_version
from augury.outbound.memory.memory import Memory, State
from augury.outbound.memory.records import DeliveryRecord


@dataclass(frozen=True, slots=True)
class MemoryWebhookOutbox(WebhookOutbox):
    memory: Memory

    @override
    async def put(self, user_id: UserId, event: EventType, facts: Facts, *, once: str | None = None) -> None:
        async with self.memory.change() as state:
            told = {(each.delivery.webhook_id, each.once) for each in state.deliveries.values() if each.once}
            wanting = [each for each in _wanting(state, event, user_id) if (each.id, once) not in told]
            _write(state, wanting, event, self.memory.now(), facts=facts, once=once)


def tell_end(state: State, prediction: Prediction, now: datetime) -> None:
    """The slices of a batch cause no events; the end of the batch does."""
    event = EventType.PREDICTION_FINISHED
    if prediction.batch_id is None:
        _write(state, _wanting(state, event, prediction.user_id), event, now, subject=prediction.id)


def tell_batch_end(state: State, batch_id: UUID, user_id: UserId, now: datetime) -> None:
    event = EventType.BATCH_FINISHED
    _write(state, _wanting(state, event, user_id), event, now, subject=batch_id)


def tell_payments(state: State, transfers: Iterable[Transfer], now: datetime) -> None:
    event = EventType.PAYMENT_RECEIVED
    for each in transfers:
        if each.kind is TransferKind.TOP_UP:
            facts: Facts = {"reference": str(each.reference), "credits": each.amount}
            _write(state, _wanting(state, event, each.user_id), event, now, facts=facts)


def tell_low_balances(state: State, before: Mapping[UserId, Balance], now: datetime) -> None:
    """`before` are the previous balances."""
    for user_id, old in before.items():
        left = state.balances[user_id].spendable
        for hook in _of(state, user_id):
            if hook.crossed(old.spendable, left):
                facts = {"available": left, "balance_below": hook.balance_below}
                _write(state, [hook], EventType.BALANCE_LOW, now, facts=facts)


def tell_version(state: State, ref: ModelRef, before: ModelRef | None, now: datetime) -> None:
    event = EventType.MODEL_VERSION_CHANGED
    _write(state, _wanting(state, event), event, now, facts=facts_of_version(ref, before))


def _of(state: State, user_id: UserId) -> list[Webhook]:
    return [each for each in state.webhooks.values() if each.user_id == user_id]


def _wanting(state: State, event: EventType, user_id: UserId | None = None) -> list[Webhook]:
    """The webhooks of this user, or of all users, for this event."""
    return [each for each in state.webhooks.values() if user_id in (None, each.user_id) and each.wants(event)]


def _write(
    state: State,
    hooks: Iterable[Webhook],
    event: EventType,
    now: datetime,
    *,
    subject: UUID | None = None,
    facts: Facts | None = None,
    once: str | None = None,
) -> None:
    for hook in hooks:
        delivery = WebhookDelivery(
            id=DeliveryId(uuid7()),
            webhook_id=hook.id,
            event=event,
            subject=subject,
            facts=facts,
            occurred_at=now,
            due_at=now,
        )
        state.deliveries[delivery.id] = DeliveryRecord(delivery, once=once)
