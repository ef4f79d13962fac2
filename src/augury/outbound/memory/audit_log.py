from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from typing_extensions import override

from augury.application.operation.ports import AuditLog, EntryPage, Filters
from augury.domain.audit import Act, Entry
from augury.domain.identifiers import uuid7
from augury.outbound.memory.memory import Memory, State


@dataclass(frozen=True, slots=True)
class MemoryAuditLog(AuditLog):
    memory: Memory

    @override
    async def add(self, act: Act) -> None:
        async with self.memory.change() as state:
            note(state, self.memory.now(), act)

    @override
    async def page(
        self, *, limit: int, before: UUID | None = None, filters: Filters | None = None
    ) -> EntryPage:
        known = self.memory.state.audit_log
        found = [
            known[each]
            for each in sorted(known, reverse=True)
            if (before is None or each < before) and _fits(known[each].act, filters or Filters())
        ]
        return EntryPage(found[:limit], found[limit - 1].id if len(found) > limit else None)

    @override
    async def purge(self, *, keep: timedelta) -> int:
        oldest = self.memory.now() - keep
        async with self.memory.change() as state:
            old = [each.id for each in state.audit_log.values() if each.at < oldest]
            for entry_id in old:
                del state.audit_log[entry_id]
        return len(old)


def note(state: State, now: datetime, act: Act | None) -> None:
    """Add an act to the log. None adds nothing."""
    if act is not None:
        entry = Entry(uuid7(), now, act)
        state.audit_log[entry.id] = entry


def _fits(act: Act, filters: Filters) -> bool:
    wanted = {
        act.author.actor: filters.actor,
        act.subject: filters.subject,
        act.user_id: filters.user_id,
        act.action: filters.action,
    }
    return all(asked is None or value == asked for value, asked in wanted.items())
