from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from typing_extensions import override

from augury.application.telegram_ports import Inbox, ReceivedUpdate
from augury.outbound.memory.memory import Memory, UpdateRecord


@dataclass(frozen=True, slots=True)
class MemoryInbox(Inbox):
    memory: Memory

    @override
    async def put(self, updates: Sequence[ReceivedUpdate]) -> Collection[int]:
        async with self.memory.change() as state:
            now = self.memory.now()
            new = {each.id: UpdateRecord(each, now) for each in updates if each.id not in state.updates}
            state.updates.update(new)
        return new.keys()

    @override
    async def waiting(self) -> Sequence[ReceivedUpdate]:
        updates = self.memory.state.updates
        return [record.update for _, record in sorted(updates.items()) if record.update is not None]

    @override
    async def done(self, update_id: int) -> None:
        async with self.memory.change() as state:
            if update_id in state.updates:
                state.updates[update_id] = replace(state.updates[update_id], update=None)
