from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from typing_extensions import override

from augury.application.models.ports.counts import CountsOverTime, VersionCounts
from augury.domain.figures import Step
from augury.domain.model import ModelRef
from augury.domain.usage import NOTHING, Usage
from augury.outbound.memory.memory import Memory

EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class MemoryVersionCounts(VersionCounts):
    memory: Memory

    @override
    async def add(self, counted: Mapping[ModelRef, Usage]) -> None:
        minute = Step.MINUTE.begins(self.memory.now())
        async with self.memory.change() as state:
            for ref, usage in counted.items():
                before = state.version_counts.get((ref, minute), NOTHING)
                state.version_counts[ref, minute] = before + usage

    @override
    async def read(self, name: str, *, within: timedelta) -> Mapping[ModelRef, Usage]:
        first = Step.MINUTE.begins(self.memory.now() - within)
        found: dict[ModelRef, Usage] = {}
        for (ref, minute), usage in self.memory.state.version_counts.items():
            if ref.name == name and minute >= first:
                found[ref] = found.get(ref, NOTHING) + usage
        return found

    @override
    async def by_step(
        self, refs: Sequence[ModelRef], *, within: timedelta, step: timedelta
    ) -> Mapping[ModelRef, CountsOverTime]:
        first = Step.MINUTE.begins(self.memory.now() - within)
        found: dict[ModelRef, CountsOverTime] = {}
        for (ref, minute), usage in self.memory.state.version_counts.items():
            if ref in refs and minute >= first:
                at = EPOCH + (minute - EPOCH) // step * step
                known = found.get(ref, CountsOverTime(NOTHING, {}))
                counted = known.by_time.get(at, NOTHING) + replace(usage, labels={})
                found[ref] = CountsOverTime(known.total + usage, {**known.by_time, at: counted})
        return found
