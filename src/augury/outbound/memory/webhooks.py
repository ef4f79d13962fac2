from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from typing_extensions import override

from augury.application.webhooks.ports import UntoldWebhook, Webhooks
from augury.domain.identifiers import UserId, WebhookId
from augury.domain.user import UserNotFound
from augury.domain.webhook import DisabledWhy, Webhook, WebhookNotFound
from augury.outbound.memory.memory import Memory, State


@dataclass(frozen=True, slots=True)
class MemoryWebhooks(Webhooks):
    memory: Memory

    @override
    async def add(self, webhook: Webhook, *, most: int) -> bool:
        async with self.memory.change() as state:
            if webhook.user_id not in state.balances:
                raise UserNotFound
            if sum(each.user_id == webhook.user_id for each in state.webhooks.values()) >= most:
                return False
            state.webhooks[webhook.id] = webhook
        return True

    @override
    async def get(self, webhook_id: WebhookId, *, owner: UserId) -> Webhook:
        return _owned(self.memory.state, webhook_id, owner)

    @override
    async def page(self, owner: UserId, *, limit: int, before: WebhookId | None = None) -> Sequence[Webhook]:
        found = (each for each in self.memory.state.webhooks.values() if each.user_id == owner)
        return _newest(found, limit, before)

    @override
    async def failing(self, *, limit: int, before: WebhookId | None = None) -> Sequence[Webhook]:
        found = (each for each in self.memory.state.webhooks.values() if each.is_failing)
        return _newest(found, limit, before)

    @override
    async def change(
        self, webhook_id: WebhookId, how: Callable[[Webhook], Webhook], *, owner: UserId
    ) -> Webhook:
        async with self.memory.change() as state:
            changed = state.webhooks[webhook_id] = how(_owned(state, webhook_id, owner))
            if changed.is_enabled:
                state.webhooks_told.pop(webhook_id, None)
        return changed

    @override
    async def remove(self, webhook_id: WebhookId, *, owner: UserId) -> None:
        async with self.memory.change() as state:
            _forget(state, _owned(state, webhook_id, owner))

    @override
    async def untold(self, limit: int) -> Sequence[UntoldWebhook]:
        state = self.memory.state
        chats = [chat for chat in state.chats.values() if not chat.gone]
        return [
            UntoldWebhook(hook, chat.id, chat.language)
            for hook in state.webhooks.values()
            for chat in chats
            if chat.user_id == hook.user_id
            and hook.id not in state.webhooks_told
            and hook.disabled_why in (DisabledWhy.GONE, DisabledWhy.FAILING)
        ][:limit]

    @override
    async def told(self, webhook_id: WebhookId) -> None:
        async with self.memory.change() as state:
            if webhook_id in state.webhooks:
                state.webhooks_told[webhook_id] = self.memory.now()


def _newest(found: Iterable[Webhook], limit: int, before: WebhookId | None) -> Sequence[Webhook]:
    older = [each for each in found if before is None or each.id < before]
    return sorted(older, key=lambda each: each.id, reverse=True)[:limit]


def remove_all(state: State, user_id: UserId) -> None:
    """Delete the webhooks of a closed account, and their deliveries."""
    for hook in list(state.webhooks.values()):
        if hook.user_id == user_id:
            _forget(state, hook)


def _forget(state: State, hook: Webhook) -> None:
    del state.webhooks[hook.id]
    state.webhooks_told.pop(hook.id, None)
    state.deliveries = {
        name: each for name, each in state.deliveries.items() if each.delivery.webhook_id != hook.id
    }


def _owned(state: State, webhook_id: WebhookId, owner: UserId) -> Webhook:
    hook = state.webhooks.get(webhook_id)
    if hook is None or hook.user_id != owner:
        raise WebhookNotFound(webhook_id=webhook_id)
    return hook
