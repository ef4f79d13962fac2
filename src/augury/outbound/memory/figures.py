from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from typing_extensions import override

from augury.application.operation.ports import FiguresOverTime, Point, Process
from augury.domain.figures import NOTHING, Figures, Step
from augury.outbound.memory.memory import Memory


@dataclass(frozen=True, slots=True)
class MemoryFigures(FiguresOverTime):
    memory: Memory

    @override
    async def add(self, process: Process, counted: Figures) -> None:
        now = self.memory.now()
        async with self.memory.change() as state:
            state.processes[process.id] = (process, now)
            if counted != NOTHING:
                for step in Step:
                    key = step, step.begins(now)
                    state.figures[key] = state.figures.get(key, NOTHING) + counted

    @override
    async def leave(self, process: Process) -> None:
        async with self.memory.change() as state:
            state.processes.pop(process.id, None)

    @override
    async def read(self, step: Step, *, most: int) -> Sequence[Point]:
        first = step.begins(self.memory.now()) - most * step.length
        known = self.memory.state.figures
        return [Point(at, known[of, at]) for of, at in sorted(known) if of is step and at > first]

    @override
    async def alive(self, *, within: timedelta) -> Sequence[Process]:
        oldest = self.memory.now() - within
        known = self.memory.state.processes
        return [known[each][0] for each in sorted(known) if known[each][1] > oldest]
