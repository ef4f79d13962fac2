from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from asyncpg import Pool
from typing_extensions import override

from augury.application.people.ports.throttle import Taken, Throttle
from augury.outbound.postgres.query import fetch

HIT = """
INSERT INTO throttle AS known (key, ends_at, hits)
SELECT key, now() + $2::interval, 1 FROM unnest($1::text[]) AS key ORDER BY key
ON CONFLICT (key) DO UPDATE SET
    hits = CASE WHEN known.ends_at > now() THEN known.hits + 1 ELSE 1 END,
    ends_at = CASE WHEN known.ends_at > now() THEN known.ends_at ELSE excluded.ends_at END
RETURNING hits, ends_at - now() AS wait
"""

TAKE = """
INSERT INTO throttle AS known (key, ends_at, hits) VALUES ($1, now() + $2::interval, $3)
ON CONFLICT (key) DO UPDATE SET
    hits = CASE WHEN known.ends_at > now() THEN known.hits + $3 ELSE $3 END,
    ends_at = CASE WHEN known.ends_at > now() THEN known.ends_at ELSE excluded.ends_at END
RETURNING hits, ends_at - now() AS ends_in
"""


@dataclass(frozen=True, slots=True)
class PostgresThrottle(Throttle):
    pool: Pool

    @override
    async def hit(self, keys: Collection[str], *, most: int, window: timedelta) -> timedelta | None:
        rows = await fetch(self.pool, HIT, list(set(keys)), window)
        return max((row["wait"] for row in rows if row["hits"] > most), default=None)

    @override
    async def take(self, key: str, *, share: int, most: int, window: timedelta) -> Taken:
        [row] = await fetch(self.pool, TAKE, key, window, share)
        return Taken.of(row["hits"], share=share, most=most, ends_in=row["ends_in"])
