"""Ports: what operators look at. The audit log."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from augury.domain.audit import Act, Entry
from augury.domain.identifiers import UserId

MOST_LOOKED_AT = 1_000
"""Entries that one page looks at. Filters that fit few of them give a short page, with more to follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which entries to show. None shows all."""

    actor: str | None = None
    """An administrator's id, or the system user of a command line."""
    subject: str | None = None
    """As in `Act.subject`."""
    user_id: UserId | None = None
    """The user whom the acts concern."""
    action: str | None = None


@dataclass(frozen=True, slots=True)
class EntryPage:
    """A part of the log. It may be shorter than the limit, or empty, although more follows."""

    items: Sequence[Entry]
    more: UUID | None = None
    """`before` of the next page. None at the end of the log."""


class AuditLog(Protocol):
    """What operators did. Entries are never changed. Ports that change something take an `Act`, and record it
    in the same transaction; `add` is for acts on something that has no transaction with the books."""

    @abstractmethod
    async def add(self, act: Act) -> None: ...

    @abstractmethod
    async def page(
        self, *, limit: int, before: UUID | None = None, filters: Filters | None = None
    ) -> EntryPage:
        """The entries with a smaller id than `before`, newest first."""

    @abstractmethod
    async def purge(self, *, keep: timedelta) -> int:
        """Delete the entries that are older than `keep`, in small steps. Returns how many."""
