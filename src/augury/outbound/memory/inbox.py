from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from typing_extensions import override

from augury.application.chats.ports.updates import Inbox, ReceivedUpdate
from augury.outbound.memory.memory import Memory
from augury.outbound.memory.records import UpdateRecord


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
        return [
            replace(record.update, tries=record.tries)
            for _, record in sorted(updates.items())
            if record.update is not None
        ]

    @override
    async def begin(self, update_id: int) -> bool:
        return bool(await self._count([update_id], 1))

    @override
    async def put_back(self, update_ids: Collection[int]) -> None:
        await self._count(update_ids, -1)

    @override
    async def done(self, update_id: int) -> None:
        async with self.memory.change() as state:
            if update_id in state.updates:
                state.updates[update_id] = replace(state.updates[update_id], update=None)

    async def _count(self, update_ids: Collection[int], change: int) -> int:
        """Add `change` to the tries of the updates that still wait. Returns how many there are."""
        async with self.memory.change() as state:
            changed = {
                update_id: replace(record, tries=record.tries + change)
                for update_id in update_ids
                if (record := state.updates.get(update_id)) and record.update
            }
            state.updates.update(changed)
        return len(changed)
