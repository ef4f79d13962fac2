"""The audit log: entries are added in the transaction of the act, and read in pages."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias
from uuid import UUID

from asyncpg import Pool, Record
from typing_extensions import override

from augury.application.operation.ports import MOST_LOOKED_AT, AuditLog, EntryPage, Filters
from augury.domain.audit import Act, Action, Author, Entry
from augury.domain.identifiers import UserId, uuid7
from augury.domain.text import is_storable
from augury.outbound.postgres.pages import LAST, hidden, newest_first, within
from augury.outbound.postgres.pool import Connection, transaction
from augury.outbound.postgres.reads import Reads
from augury.outbound.postgres.upkeep import purge, purge_statement

COLUMNS = "id, at, actor, actor_id, request_id, action, subject, user_id, before, after"
ADD = f"""
INSERT INTO audit_log ({COLUMNS}) VALUES ($1, now(), $2, $3, $4, $5, $6, $7, $8, $9)
"""
KEYS = ("subject", "user_id", "actor", "action")
"""The columns of the filters. Each has an index together with the id. The first filter that is set selects
the index. Those that leave the fewest entries come first."""
Arguments: TypeAlias = tuple[str, *tuple[object, ...]]
"""The SQL, then the values of `$1`, `$2`, …"""
OLD = purge_statement("audit_log", "at < now() - $1::interval", by="at")


@dataclass(frozen=True, slots=True)
class WantedEntries:
    """The entries of one page."""

    before: UUID | None
    filters: Filters

    @property
    def given(self) -> dict[str, object]:
        values = {name: getattr(self.filters, name) for name in KEYS}
        return {name: value for name, value in values.items() if value is not None}

    @property
    def is_scattered(self) -> bool:
        """Whether the page may read entries that it does not show."""
        return len(self.given) > 1

    def page(self, limit: int) -> Arguments:
        """The statement of the page, up to `limit` rows.

        If the page is scattered, each row also has its `place` among the entries that were read, and says
        whether it `fits`. The last of `MOST_LOOKED_AT` entries is always returned, since it says where the
        next page begins.
        """
        fits, more = "true", ""
        if self.is_scattered:
            rest = " AND ".join(f"{name} = ${number}" for number, name in list(enumerate(self.given, 3))[1:])
            fits, more = f"({rest}) IS TRUE OR place = {MOST_LOOKED_AT}", f", place, ({rest}) IS TRUE AS fits"
        leading = next(iter(self.given), None)
        index = f"{leading}, id" if leading else "id"
        sql = f"""
            SELECT {COLUMNS}{more} FROM (
                {self._source(index)} LIMIT {hidden(str(MOST_LOOKED_AT) if self.is_scattered else "$2")}
            ) AS looked_at
            WHERE {fits} ORDER BY {newest_first(index)} LIMIT {hidden("$2")}
        """
        return sql, *(self.before or LAST, limit, *self.given.values())

    def _source(self, index: str) -> str:
        """The entries to read, newest first, each with its place if it is needed."""
        leading = next(iter(self.given), None)
        condition = "id < $1"
        if leading:  # for the planner: the index by user has only entries with a user
            condition = f"{within(index, '$3', before='$1')} AND {leading} IS NOT NULL"
        order = newest_first(index)
        place = f", row_number() OVER (ORDER BY {order}) AS place" if self.is_scattered else ""
        return f"SELECT {COLUMNS}{place} FROM audit_log WHERE {condition} ORDER BY {order}"


@dataclass(frozen=True, slots=True)
class PostgresAuditLog(AuditLog):
    pool: Pool
    reads: Reads

    @override
    async def add(self, act: Act) -> None:
        async with transaction(self.pool) as taken:
            await note(taken, act)

    @override
    async def page(
        self, *, limit: int, before: UUID | None = None, filters: Filters | None = None
    ) -> EntryPage:
        wanted = WantedEntries(before, filters or Filters())
        if not all(is_storable(each) for each in wanted.given.values() if isinstance(each, str)):
            return EntryPage(())
        rows = await self.reads.fetch(*wanted.page(limit + 1))
        items = [_entry_of(row) for row in rows if not wanted.is_scattered or row["fits"]]
        if len(items) > limit:
            return EntryPage(items[:limit], items[limit - 1].id)
        read_all = wanted.is_scattered and rows and rows[-1]["place"] == MOST_LOOKED_AT
        return EntryPage(items, rows[-1]["id"] if read_all else None)

    @override
    async def purge(self, *, keep: timedelta) -> int:
        return await purge(self.pool, OLD, keep)


async def note(taken: Connection, act: Act | None) -> None:
    """Add an act to the log, in the transaction of this connection. None adds nothing: then no operator
    acts."""
    if act is None:
        return
    author = act.author
    await taken.execute(
        ADD,
        uuid7(),
        author.actor,
        author.user_id,
        author.request_id,
        act.action,
        act.subject,
        act.user_id,
        json.dumps(dict(act.before), ensure_ascii=False),
        json.dumps(dict(act.after), ensure_ascii=False),
    )


def _entry_of(row: Record) -> Entry:
    author = Author(
        user_id=row["actor_id"],
        system_user=None if row["actor_id"] else row["actor"],
        request_id=row["request_id"],
    )
    act = Act(
        author=author,
        action=Action(row["action"]),
        subject=row["subject"],
        user_id=None if row["user_id"] is None else UserId(row["user_id"]),
        before=json.loads(row["before"]),
        after=json.loads(row["after"]),
    )
    return Entry(row["id"], row["at"], act)
