from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from asyncpg import Pool, Record
from typing_extensions import override

from augury.application.predictions.ports.lanes import Queues
from augury.concurrency.aside import aside
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.queue_place import Line, Mark, Standing
from augury.outbound.postgres.query import fetch

# Of each line, the first 32 predictions are marks, then every 2nd, then every 4th, and so on. So a line of a
# hundred thousand has a few hundred marks, and a place is off by at most a thirtieth. If there are hundreds
# of lines, which are mostly short, only the 1st, 2nd, 4th, 8th, … prediction is a mark. Predictions that a
# worker has begun do not wait, although small work stays `queued` until it ends. `log(2, place)` would be
# numeric, and take seconds for a hundred thousand: seventy times as long.
STANDING = """
WITH begun AS MATERIALIZED (
    SELECT unnest(ids) AS id FROM runs
), waiting AS MATERIALIZED (
    SELECT prediction_id, bulk_user, cost,
        row_number() OVER by_id AS place, sum(coalesce(cost, 1)) OVER by_id AS so_far
    FROM unfinished
    WHERE (cost IS NULL OR bulk_user IS NOT NULL) AND prediction_id NOT IN (SELECT id FROM begun)
    WINDOW by_id AS (PARTITION BY bulk_user ORDER BY prediction_id ROWS UNBOUNDED PRECEDING)
), lines AS (
    SELECT bulk_user, max(place) AS length,
        coalesce(sum(coalesce(cost, 1)) FILTER (WHERE prediction_id <= $1), 0) AS so_far
    FROM waiting GROUP BY bulk_user
)
SELECT prediction_id, w.bulk_user, place, w.so_far, weight, finish
FROM waiting w JOIN lines l ON w.bulk_user IS NOT DISTINCT FROM l.bulk_user
LEFT JOIN shares ON user_id = w.bulk_user
WHERE place = length OR place % (1::bigint << greatest(
    0,
    floor(ln(place::float8) / ln(2::float8) + 1e-9)::int
        - (SELECT CASE WHEN count(*) > 200 THEN 0 ELSE 4 END FROM lines)
)) = 0
UNION ALL
SELECT NULL, bulk_user, 0, so_far, NULL, NULL FROM lines
UNION ALL
SELECT id, NULL, NULL, NULL, NULL, NULL FROM begun
ORDER BY place
"""

BYTES = 256
"""The size of a row, for `aside`: hundreds of rows are read in another thread."""


@dataclass(frozen=True, slots=True)
class PostgresQueues(Queues):
    pool: Pool

    @override
    async def standing(self, *, up_to: PredictionId | None) -> Standing:
        rows = await fetch(self.pool, STANDING, up_to)
        return await aside(len(rows) * BYTES, lambda: _standing(rows))


def _standing(rows: Sequence[Record]) -> Standing:
    lines: dict[UserId | None, list[Record]] = defaultdict(list)
    left: dict[UserId | None, int] = {}
    begun = set()
    for row in rows:
        if row["place"] is None:
            begun.add(PredictionId(row["prediction_id"]))
        elif row["place"] == 0:
            left[row["bulk_user"]] = int(row["so_far"])
        else:
            lines[row["bulk_user"]].append(row)
    return Standing(
        small=_line(lines[None]) if None in lines else None,
        bulk={user_id: _line(rows) for user_id, rows in lines.items() if user_id is not None},
        begun=frozenset(begun),
        small_left=left.get(None, 0),
        bulk_left=sum(cost for user_id, cost in left.items() if user_id is not None),
    )


def _line(rows: Sequence[Record]) -> Line:
    marks = [Mark(row["prediction_id"], row["place"], float(row["so_far"])) for row in rows]
    return Line(marks=marks, finish=rows[0]["finish"] or 0.0, weight=rows[0]["weight"] or 1.0)
