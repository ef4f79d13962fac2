from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from typing_extensions import override

from augury.application.people.ports.throttle import Taken, Throttle
from augury.outbound.memory.memory import Memory
from augury.outbound.memory.records import Window


@dataclass(frozen=True, slots=True)
class MemoryThrottle(Throttle):
    memory: Memory

    @override
    async def hit(self, keys: Collection[str], *, most: int, window: timedelta) -> timedelta | None:
        now = self.memory.now()
        waits: list[timedelta] = []
        async with self.memory.change() as state:
            for key in set(keys):
                known = state.windows.get(key)
                if known is None or known.ends_at <= now:
                    known = Window(hits=0, ends_at=now + window)
                state.windows[key] = Window(known.hits + 1, known.ends_at)
                if known.hits >= most:
                    waits.append(known.ends_at - now)
        return max(waits, default=None)

    @override
    async def take(self, key: str, *, share: int, most: int, window: timedelta) -> Taken:
        now = self.memory.now()
        async with self.memory.change() as state:
            known = state.windows.get(key)
            if known is None or known.ends_at <= now:
                known = Window(hits=0, ends_at=now + window)
            hits = known.hits + share
            state.windows[key] = Window(hits, known.ends_at)
        return Taken.of(hits, share=share, most=most, ends_in=known.ends_at - now)
