"""Transactions over the books in memory, together with the records of chats."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from typing_extensions import override

from augury.application.chats.ports.books import ChatBooks, OpenChatBooks
from augury.application.chats.ports.chats import Chat
from augury.application.chats.ports.payments import StarPayment
from augury.application.people.ports.users import NewUser
from augury.application.ports.books import AlreadyRecorded
from augury.domain.identifiers import UserId
from augury.domain.user import User
from augury.outbound.memory.books import MemoryBooks
from augury.outbound.memory.chats import chat_of
from augury.outbound.memory.memory import Memory
from augury.outbound.memory.records import UserRecord
from augury.outbound.memory.users import add_user, end_sessions
from augury.outbound.memory.webhooks import remove_all


@dataclass(frozen=True, slots=True)
class MemoryOpenChatBooks(OpenChatBooks):
    memory: Memory

    @override
    def __call__(self) -> ChatBooks:
        return MemoryChatBooks(self.memory)


class MemoryChatBooks(MemoryBooks, ChatBooks):
    @override
    async def use_link(self, digest: bytes, chat_id: int) -> UserId | None:
        link = self._state.links.get(digest)
        if link is None or not link.is_usable(chat_id, at=self._memory.now()):
            return None
        self._state.links[digest] = replace(link, chat_id=chat_id)
        return link.user_id

    @override
    async def chat(self, chat_id: int) -> Chat | None:
        return chat_of(self._state, chat_id)

    @override
    async def hand_over(self, chat_id: int, *, absorbed: UserId, into: UserId, at: datetime) -> None:
        state = self._state
        for chat in [each for each in state.chats.values() if each.user_id == absorbed]:
            state.chats[chat.id] = replace(chat, user_id=into)
            state.linked_at[chat.id] = self._memory.now()
        for payment in [each for each in state.payments.values() if each.user_id == absorbed]:
            state.payments[payment.charge_id] = replace(payment, user_id=into)
        for record in [each for each in state.predictions.values() if each.prediction.user_id == absorbed]:
            moved = replace(record.prediction, user_id=into)
            state.predictions[moved.id] = replace(record, prediction=moved)
        for batch_id, batch in list(state.batches.items()):
            if batch.owner == absorbed:
                moved_batch = batch.batch and replace(batch.batch, user_id=into)
                state.batches[batch_id] = replace(batch, owner=into, batch=moved_batch)
        for (user_id, key), known in list(state.idempotency_keys.items()):
            if user_id == absorbed:
                del state.idempotency_keys[user_id, key]
                reference = known.remembered.reference
                if reference in state.predictions or reference in state.batches:
                    state.idempotency_keys.setdefault((into, key), known)
        for code, user_id in list(state.redemptions):
            if user_id == absorbed and (code, into) not in state.redemptions:
                state.redemptions[code, into] = state.redemptions.pop((code, absorbed))
        remove_all(state, absorbed)
        end_sessions(state, absorbed)
        state.api_keys = {name: key for name, key in state.api_keys.items() if key.user_id != absorbed}
        del state.balances[absorbed]
        state.links = {name: link for name, link in state.links.items() if link.user_id != absorbed}
        state.users[absorbed] = UserRecord(user=replace(state.users[absorbed].user, closed_at=at))

    @override
    async def add_payment(self, payment: StarPayment) -> None:
        if payment.charge_id in self._state.payments:
            raise AlreadyRecorded(f"payment {payment.charge_id}")
        self._state.payments[payment.charge_id] = payment
        self._state.paid_at[payment.charge_id] = self._memory.now()

    @override
    async def bought_since_link(self, chat_id: int) -> Sequence[StarPayment]:
        state = self._state
        since = state.linked_at.get(chat_id, datetime.min.replace(tzinfo=UTC))
        return [
            each
            for each in state.payments.values()
            if each.chat_id == chat_id and each.user_id == state.chats[chat_id].user_id
            if each.reversed_at is None and state.paid_at[each.charge_id] >= since
        ]

    @override
    async def let_go(self, chat_id: int, user: User, payments: Sequence[StarPayment]) -> None:
        state = self._state
        add_user(state, NewUser(user=user), self._memory.now())
        account = state.chats[chat_id].user_id
        redeemed = [(code, ref) for (code, owner), ref in state.redemptions.items() if owner == account]
        state.redemptions.update({(code, user.id): reference for code, reference in redeemed})
        sessions = state.refresh_tokens.items()
        state.refresh_tokens = {name: token for name, token in sessions if token.chat_id != chat_id}
        state.chats[chat_id] = replace(state.chats[chat_id], user_id=user.id)
        state.linked_at.pop(chat_id, None)
        state.links = {name: link for name, link in state.links.items() if link.chat_id != chat_id}
        for each in payments:
            state.payments[each.charge_id] = replace(each, user_id=user.id)

    @override
    async def payment(self, charge_id: str) -> StarPayment | None:
        return self._state.payments.get(charge_id)

    @override
    async def change_payment(self, payment: StarPayment) -> None:
        self._state.payments[payment.charge_id] = payment
