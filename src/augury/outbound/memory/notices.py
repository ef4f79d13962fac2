from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from typing_extensions import override

from augury.application.chats.ports.results import Delivery, Notices, Reply
from augury.application.ports import Json
from augury.domain.identifiers import PredictionId
from augury.outbound.memory.memory import Memory
from augury.outbound.memory.records import ReplyRecord


@dataclass(frozen=True, slots=True)
class MemoryNotices(Notices):
    memory: Memory

    @override
    async def expect(self, reply: Reply, *, sheet: Json | None = None) -> Reply:
        async with self.memory.change() as state:
            new = ReplyRecord(reply, self.memory.now(), sheet)
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
    async def due(
        self, limit: int, *, most_files: int, but_not: Collection[PredictionId] = ()
    ) -> Sequence[Delivery]:
        state, now = self.memory.state, self.memory.now()
        found = sorted(
            (
                record
                for record in state.replies.values()
                if record.reply.placeholder_id is not None
                and record.reply.prediction_id not in but_not
                and record.reply.chat_id in state.chats
                and (due_at := state.notices.get(record.reply.prediction_id)) is not None
                and due_at <= now
            ),
            key=lambda record: record.reply.prediction_id,
        )
        files = [record for record in found if record.reply.file_name is not None]
        found = [record for record in found if record not in files[max(most_files, 0) :]]
        records = [(each, state.predictions[each.reply.prediction_id]) for each in found[:limit]]
        return [
            Delivery(
                reply=kept.reply,
                language=state.chats[kept.reply.chat_id].language,
                gone=state.chats[kept.reply.chat_id].gone,
                prediction=record.prediction,
                input=record.input or None,
                output=record.output,
                errors=record.errors,
                warnings=record.warnings,
                sheet=kept.sheet,
            )
            for kept, record in records
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
            for name, record in list(state.replies.items()):
                if record.reply.prediction_id == prediction_id and record.sheet is not None:
                    state.replies[name] = replace(record, sheet=None)
