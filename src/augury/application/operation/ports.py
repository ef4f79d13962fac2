"""Ports: what operators look at: the audit log, figures over time, and checks of the books."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, Protocol
from uuid import UUID

from augury.domain.audit import Act, Entry
from augury.domain.figures import Figures, Step
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


# Figures -----------------------------------------------------------------------------------------------


class Part(StrEnum):
    """What a process does."""

    API = "api"
    WORKER = "worker"
    BOT = "bot"
    UP = "up"
    """All of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process of this service."""

    id: UUID
    part: Part


@dataclass(frozen=True, slots=True)
class Point:
    """The figures of one minute, hour or day (UTC), which began at `at`."""

    at: datetime
    figures: Figures


class FiguresOverTime(Protocol):
    """What all processes counted, by minute, hour and day. Minutes are kept for 2 days, hours for 40 and
    days for 800 days."""

    @abstractmethod
    async def add(self, process: Process, counted: Figures) -> None:
        """Add what a process counted to the present minute, hour and day, and note that it is alive."""

    @abstractmethod
    async def leave(self, process: Process) -> None:
        """The process ends."""

    @abstractmethod
    async def read(self, step: Step, *, most: int) -> Sequence[Point]:
        """The last `most` minutes, hours or days up to now, in order, without those in which nothing was
        counted."""

    @abstractmethod
    async def alive(self, *, within: timedelta) -> Sequence[Process]:
        """The processes that gave a sign of life since so long ago, by their ids."""


# Checks of the books -----------------------------------------------------------------------------------

MOST_LINES = 100
"""Deviations that are kept of one check."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRun:
    """A check of the books that an operator began from the desk."""

    id: UUID
    started_at: datetime
    done: int = 0
    """Parts of the check that are done, of `total`."""
    total: int = 0
    finished_at: datetime | None = None
    deviations: int | None = None
    """None until it has finished, and if it failed."""
    lines: Sequence[str] = ()
    """The first `MOST_LINES` deviations."""
    failure: str | None = None
    is_silent: bool = False
    """Whether its process has said nothing for so long that it must have ended."""

    @property
    def state(self) -> Literal["running", "finished", "failed", "interrupted"]:
        if self.finished_at is None:
            return "interrupted" if self.is_silent else "running"
        return "finished" if self.failure is None else "failed"


class LedgerRuns(Protocol):
    """Checks of the books with their progress. The last 30 days are kept."""

    @abstractmethod
    async def begin(self, run_id: UUID, *, silent_for: timedelta, act: Act) -> LedgerRun:
        """Raises `CheckUnderWay` if another one is neither finished nor silent for so long."""

    @abstractmethod
    async def progress(self, run_id: UUID, *, done: int, total: int) -> None:
        """A sign of life, and how far it is."""

    @abstractmethod
    async def end(
        self, run_id: UUID, *, deviations: int | None, lines: Sequence[str] = (), failure: str | None = None
    ) -> None: ...

    @abstractmethod
    async def last(self, *, most: int, silent_for: timedelta) -> Sequence[LedgerRun]:
        """The newest first."""
