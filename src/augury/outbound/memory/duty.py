from contextlib import suppress

from typing_extensions import override

from augury.application.chats.ports.updates import Duty
from augury.application.ports import Unavailable
from augury.outbound.memory.memory import Memory


class MemoryDuty(Duty):
    """Only one of the instances over the same memory is on duty."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    @override
    async def take(self) -> bool:
        async with self._memory.change() as state:
            return state.duties.setdefault("bot", self) is self

    @override
    async def holds(self) -> bool:
        return not self._memory.away and self._memory.state.duties.get("bot") is self

    @override
    async def leave(self) -> None:
        with suppress(Unavailable):  # then it stays with this instance
            async with self._memory.change() as state:
                if state.duties.get("bot") is self:
                    del state.duties["bot"]
