from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from typing_extensions import override

from augury.application.chats.ports import Delivery, Notices, Reply
from augury.domain.identifiers import PredictionId
from augury.outbound.memory.memory import Memory, ReplyRecord


@dataclass(frozen=True, slots=True)
class MemoryNotices(Notices):
    memory: Memory

    @override
    async def expect(self, reply: Reply) -> Reply:
        async with self.memory.change() as state:
            new = ReplyRecord(reply, self.memory.now())
            return state.replies.setdefault((reply.chat_id, reply.message_id), new).reply

    @override
    async def placed(self, reply: Reply, placeholder_id: int) -> None:
        async with self.memory.change() as state:
            name = (reply.chat_id, reply.message_id)
            record = state.replies[name]
            state.replies[name] = replace(record, reply=replace(record.reply, placeholder_id=placeholder_id))

    @override
    async def place_rest(self, chat_id: int, placeholder_id: int) -> None:
        async with self.memory.change() as state:
            for name, record in list(state.replies.items()):
                reply = record.reply
                if reply.chat_id == chat_id and reply.placeholder_id is None:
                    state.replies[name] = replace(record, reply=replace(reply, placeholder_id=placeholder_id))

    @override
    async def due(self, limit: int, *, but_not: Collection[PredictionId] = ()) -> Sequence[Delivery]:
        state, now = self.memory.state, self.memory.now()
        found = sorted(
            (
                reply
                for reply in (record.reply for record in state.replies.values())
                if reply.placeholder_id is not None
                and reply.prediction_id not in but_not
                and reply.chat_id in state.chats
                and (due_at := state.notices.get(reply.prediction_id)) is not None
                and due_at <= now
            ),
            key=lambda reply: reply.prediction_id,
        )
        records = [(reply, state.predictions[reply.prediction_id]) for reply in found[:limit]]
        return [
            Delivery(
                reply=reply,
                language=state.chats[reply.chat_id].language,
                gone=state.chats[reply.chat_id].gone,
                prediction=record.prediction,
                input=record.input or None,
                output=record.output,
                errors=record.errors,
            )
            for reply, record in records
        ]

    @override
    async def put_off(self, prediction_id: PredictionId, wait: timedelta) -> None:
        async with self.memory.change() as state:
            if prediction_id in state.notices:
                state.notices[prediction_id] = self.memory.now() + wait

    @override
    async def delivered(self, prediction_id: PredictionId) -> None:
        async with self.memory.change() as state:
            state.notices.pop(prediction_id, None)
