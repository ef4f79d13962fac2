"""Ports for operators: the audit log, figures over time, and checks of the books."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, Protocol
from uuid import UUID

from augury.domain.audit import Act, Entry
from augury.domain.deviation import Deviation
from augury.domain.figures import Figures, Step
from augury.domain.identifiers import UserId
from augury.domain.reasons import Reason

MOST_LOOKED_AT = 1_000
"""Entries that one page searches. Filters that match few of them give a short page with more pages to
follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which entries to show. None shows all."""

    actor: str | None = None
    """An administrator's id, or the system user at the command line."""
    subject: str | None = None
    """As in `Act.subject`."""
    user_id: UserId | None = None
    """The user whom the acts concern."""
    action: str | None = None


@dataclass(frozen=True, slots=True)
class EntryPage:
    """A page of the log. It may be shorter than the limit, or empty, even if more entries follow."""

    items: Sequence[Entry]
    more: UUID | None = None
    """`before` of the next page. None at the end of the log."""


class AuditLog(Protocol):
    """The acts of operators. Entries are never changed. Ports that change something take an `Act` and
    record it in the same transaction. `add` is for acts on other systems, which have no transaction with
    the books."""

    @abstractmethod
    async def add(self, act: Act) -> None: ...

    @abstractmethod
    async def page(
        self, *, limit: int, before: UUID | None = None, filters: Filters | None = None
    ) -> EntryPage:
        """The entries with a smaller id than `before`, newest first."""

    @abstractmethod
    async def purge(self, *, keep: timedelta) -> int:
        """Delete the entries that are older than `keep`, in small steps. Returns the number of deleted
        entries."""


# Figures -----------------------------------------------------------------------------------------------


class ProcessRole(StrEnum):
    """The role of a process."""

    API = "api"
    WORKER = "worker"
    BOT = "bot"
    UP = "up"
    """All of these in one process (`augury up`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process of this service."""

    id: UUID
    part: ProcessRole


@dataclass(frozen=True, slots=True)
class Point:
    """The figures of one minute, hour or day (UTC) that began at `at`."""

    at: datetime
    figures: Figures


class FiguresOverTime(Protocol):
    """The counts of all processes, by minute, hour and day. Minutes are kept for 2 days, hours for 40 days,
    and days for 800 days."""

    @abstractmethod
    async def add(self, process: Process, counted: Figures) -> None:
        """Add a process's counts to the current minute, hour and day, and record that it is alive."""

    @abstractmethod
    async def leave(self, process: Process) -> None:
        """Record that the process ends."""

    @abstractmethod
    async def read(self, step: Step, *, most: int) -> Sequence[Point]:
        """The last `most` minutes, hours or days, in order. Those without counts are left out."""

    @abstractmethod
    async def alive(self, *, within: timedelta) -> Sequence[Process]:
        """The processes that gave a sign of life within this time, by their ids."""


# Checks of the books -----------------------------------------------------------------------------------

MOST_FOUND = 100
"""At most this many deviations of a check are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRun:
    """A check of the books that an operator started from the desk."""

    id: UUID
    started_at: datetime
    done: int = 0
    """The finished parts of the check, of `total`."""
    total: int = 0
    finished_at: datetime | None = None
    deviations: int | None = None
    """None until the check has finished, and if it failed."""
    found: Sequence[Deviation] = ()
    """The first `MOST_FOUND` deviations."""
    failure: Reason | None = None
    is_silent: bool = False
    """Whether its process has been silent for so long that it must have ended."""

    @property
    def state(self) -> Literal["running", "finished", "failed", "interrupted"]:
        if self.finished_at is None:
            return "interrupted" if self.is_silent else "running"
        return "finished" if self.failure is None else "failed"


class LedgerRuns(Protocol):
    """Checks of the books with their progress. The last 30 days are kept."""

    @abstractmethod
    async def begin(self, run_id: UUID, *, silent_for: timedelta, act: Act) -> LedgerRun:
        """Raises `CheckUnderWay` if another check is unfinished and its process is not silent for that
        long."""

    @abstractmethod
    async def progress(self, run_id: UUID, *, done: int, total: int) -> None:
        """Store a sign of life, and the progress."""

    @abstractmethod
    async def end(
        self,
        run_id: UUID,
        *,
        deviations: int | None,
        found: Sequence[Deviation] = (),
        failure: Reason | None = None,
    ) -> None: ...

    @abstractmethod
    async def last(self, *, most: int, silent_for: timedelta) -> Sequence[LedgerRun]:
        """The newest first."""
