from collections.abc import Collection, Sequence
from dataclasses import dataclass

from typing_extensions import override

from augury.application.telegram_ports import Inbox, ReceivedUpdate
from augury.outbound.memory.memory import Memory


@dataclass(frozen=True, slots=True)
class MemoryInbox(Inbox):
    """Remembers what was here for as long as the memory lives."""

    memory: Memory

    @override
    async def put(self, updates: Sequence[ReceivedUpdate]) -> Collection[int]:
        async with self.memory.change() as state:
            new = {each.id: each for each in updates if each.id not in state.updates}
            state.updates.update(new)
        return new.keys()

    @override
    async def waiting(self) -> Sequence[ReceivedUpdate]:
        updates = self.memory.state.updates
        return [update for _, update in sorted(updates.items()) if update is not None]

    @override
    async def done(self, update_id: int) -> None:
        async with self.memory.change() as state:
            state.updates[update_id] = None

    @override
    async def purge(self) -> int:
        return 0
