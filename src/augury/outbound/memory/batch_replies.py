from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from typing_extensions import override

from augury.application.chats.ports.results import BatchDelivery, BatchReplies, BatchReply
from augury.domain.identifiers import BatchId
from augury.outbound.memory.memory import Memory
from augury.outbound.memory.records import BatchReplyRecord


@dataclass(frozen=True, slots=True)
class MemoryBatchReplies(BatchReplies):
    memory: Memory

    @override
    async def expect(self, reply: BatchReply) -> None:
        async with self.memory.change() as state:
            now = self.memory.now()
            state.batch_replies.setdefault(reply.batch_id, BatchReplyRecord(reply, now, due_at=now))

    @override
    async def due(self, limit: int, *, but_not: Collection[BatchId] = ()) -> Sequence[BatchDelivery]:
        state, now = self.memory.state, self.memory.now()
        found = sorted(
            (each.due_at, batch_id, each.reply, state.chats[each.reply.chat_id])
            for batch_id, each in state.batch_replies.items()
            if each.due_at is not None
            and each.due_at <= now
            and batch_id not in but_not
            and each.reply.chat_id in state.chats
        )
        return [
            BatchDelivery(reply=reply, language=chat.language, gone=chat.gone)
            for _, _, reply, chat in found[:limit]
        ]

    @override
    async def put_off(self, batch_ids: Collection[BatchId], wait: timedelta) -> None:
        async with self.memory.change() as state:
            for each in batch_ids:
                record = state.batch_replies.get(each)
                if record is not None and record.due_at is not None:
                    state.batch_replies[each] = replace(record, due_at=self.memory.now() + wait)

    @override
    async def sent(self, batch_id: BatchId, files: int) -> None:
        async with self.memory.change() as state:
            record = state.batch_replies[batch_id]
            state.batch_replies[batch_id] = replace(record, reply=replace(record.reply, files_sent=files))

    @override
    async def delivered(self, batch_id: BatchId) -> None:
        async with self.memory.change() as state:
            if batch_id in state.batch_replies:
                state.batch_replies[batch_id] = replace(state.batch_replies[batch_id], due_at=None)
