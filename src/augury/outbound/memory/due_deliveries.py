from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from typing_extensions import override

from augury.application.webhooks.ports import (
    MOST_COUNTED,
    DueDeliveries,
    DueDelivery,
    TakeTerms,
    Tried,
    WebhookBacklog,
)
from augury.domain.webhook import Webhook
from augury.domain.webhook_delivery import WebhookDelivery
from augury.outbound.memory.memory import Memory, State
from augury.outbound.memory.webhook_deliveries import deliveries_of


@dataclass(frozen=True, slots=True)
class MemoryDueDeliveries(DueDeliveries):
    memory: Memory

    @override
    async def take(self, terms: TakeTerms) -> Sequence[DueDelivery]:
        now = self.memory.now()
        async with self.memory.change() as state:
            _drop(state, now)
            return [
                DueDelivery(_lend(state, each, terms, now), state.webhooks[each.webhook_id])
                for each in _chosen(state, terms, now)
            ]

    @override
    async def record(self, token: UUID, tried: Sequence[Tried]) -> None:
        now = self.memory.now()
        async with self.memory.change() as state:
            for each in tried:
                record = state.deliveries.get(each.delivery.id)
                if record is None or record.token != token:
                    continue
                after = record.delivery.after(each.result, wait=each.wait, at=now)
                state.deliveries[after.id] = replace(record, delivery=after, token=None)
                if hook := state.webhooks.get(after.webhook_id):
                    state.webhooks[hook.id] = hook.after(each.result, at=now)

    @override
    async def hand_back(self, token: UUID) -> int:
        async with self.memory.change() as state:
            held = [each for each in state.deliveries.values() if each.token == token]
            for record in held:
                due = replace(record.delivery, due_at=self.memory.now())
                state.deliveries[due.id] = replace(record, delivery=due, token=None)
        return len(held)

    @override
    async def backlog(self) -> WebhookBacklog:
        due = [each.delivery.due_at for each in self.memory.state.deliveries.values() if each.delivery.due_at]
        oldest = self.memory.now() - min(due) if due else timedelta()
        return WebhookBacklog(min(len(due), MOST_COUNTED), max(oldest, timedelta()))

    @override
    async def purge(self, *, keep: timedelta) -> int:
        before = self.memory.now() - keep
        async with self.memory.change() as state:
            kept = {
                name: each
                for name, each in state.deliveries.items()
                if each.delivery.finished_at is None or each.delivery.finished_at >= before
            }
            purged = len(state.deliveries) - len(kept)
            state.deliveries = kept
        return purged


def _drop(state: State, now: datetime) -> None:
    """End the due deliveries of webhooks that are disabled or deleted."""
    for record in list(state.deliveries.values()):
        hook = state.webhooks.get(record.delivery.webhook_id)
        if _is_due(record.delivery, now) and (hook is None or not hook.is_enabled):
            dropped = record.delivery.drop(at=now)
            state.deliveries[dropped.id] = replace(record, delivery=dropped, token=None)


def _chosen(state: State, terms: TakeTerms, now: datetime) -> Sequence[WebhookDelivery]:
    """In turn from each webhook: first the oldest delivery of each, then the second oldest, and so on."""
    places: list[tuple[int, WebhookDelivery, bool]] = []
    for hook in state.webhooks.values():
        if hook.paused_until and hook.paused_until > now:
            continue
        due = [each for each in deliveries_of(state, hook.id) if _is_due(each, now)]
        due.sort(key=lambda each: (each.due_at, each.id))
        for place, each in enumerate(due[: _room(hook, terms)]):
            places.append((place, each, hook.failing_since is not None))
    places.sort(key=lambda each: (each[0], each[1].due_at, each[1].id))
    failing = [each for _, each, is_failing in places if is_failing][: terms.most_failing]
    chosen: Iterable[WebhookDelivery] = (
        each for _, each, is_failing in places if not is_failing or each in failing
    )
    return list(chosen)[: terms.most]


def _room(hook: Webhook, terms: TakeTerms) -> int:
    most = terms.most_each if hook.failing_since is None else 1
    return max(0, most - terms.under_way.get(hook.id, 0))


def _lend(state: State, delivery: WebhookDelivery, terms: TakeTerms, now: datetime) -> WebhookDelivery:
    lent = replace(delivery, due_at=now + terms.lease)
    state.deliveries[lent.id] = replace(state.deliveries[lent.id], delivery=lent, token=terms.token)
    return lent


def _is_due(delivery: WebhookDelivery, now: datetime) -> bool:
    return delivery.due_at is not None and delivery.due_at <= now
