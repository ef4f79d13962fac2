from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from typing_extensions import override

from augury.application.operation.ports import LedgerRun, LedgerRuns
from augury.domain.audit import Act
from augury.domain.deviation import Deviation
from augury.domain.ledger_check import CheckUnderWay
from augury.domain.reasons import Reason
from augury.outbound.memory.audit_log import note
from augury.outbound.memory.memory import Memory, State


@dataclass(frozen=True, slots=True)
class MemoryLedgerRuns(LedgerRuns):
    memory: Memory

    @override
    async def begin(self, run_id: UUID, *, silent_for: timedelta, act: Act) -> LedgerRun:
        now = self.memory.now()
        async with self.memory.change() as state:
            newest = max(state.ledger_runs, default=None)
            if newest and not _over(state, newest) and state.ledger_runs[newest][1] > now - silent_for:
                raise CheckUnderWay
            run = LedgerRun(id=run_id, started_at=now)
            state.ledger_runs[run_id] = run, now
            note(state, now, act)
        return run

    @override
    async def progress(self, run_id: UUID, *, done: int, total: int) -> None:
        async with self.memory.change() as state:
            run, _ = state.ledger_runs[run_id]
            state.ledger_runs[run_id] = replace(run, done=done, total=total), self.memory.now()

    @override
    async def end(
        self,
        run_id: UUID,
        *,
        deviations: int | None,
        found: Sequence[Deviation] = (),
        failure: Reason | None = None,
    ) -> None:
        now = self.memory.now()
        async with self.memory.change() as state:
            run, _ = state.ledger_runs[run_id]
            if run.finished_at is None:
                ended = replace(
                    run, finished_at=now, deviations=deviations, found=list(found), failure=failure
                )
                done = ended.total if failure is None else ended.done
                state.ledger_runs[run_id] = replace(ended, done=done), now

    @override
    async def last(self, *, most: int, silent_for: timedelta) -> Sequence[LedgerRun]:
        oldest, known = self.memory.now() - silent_for, self.memory.state.ledger_runs
        return [
            replace(run, is_silent=run.finished_at is None and seen_at <= oldest)
            for run, seen_at in (known[each] for each in sorted(known, reverse=True)[:most])
        ]


def _over(state: State, run_id: UUID) -> bool:
    return state.ledger_runs[run_id][0].finished_at is not None
