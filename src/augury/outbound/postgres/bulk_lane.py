from collections.abc import Sequence
from dataclasses import dataclass

from asyncpg import Pool
from typing_extensions import override

from augury.application.predictions.ports.lanes import BulkLane, UserInLane, Waiting
from augury.domain.audit import Act
from augury.domain.identifiers import PredictionId, UserId
from augury.outbound.postgres.audit_log import note
from augury.outbound.postgres.pool import transaction
from augury.outbound.postgres.query import fetch

WAITING = """
WITH users AS (
    SELECT bulk_user, count(*) AS waiting, sum(cost) AS cost, min(put_at) AS oldest
    FROM unfinished WHERE bulk_user IS NOT NULL GROUP BY bulk_user
)
SELECT bulk_user, waiting, cost, weight, (sum(waiting) OVER everybody)::bigint AS predictions,
    count(*) OVER everybody AS users, min(oldest) OVER everybody AS oldest
FROM users JOIN shares ON user_id = bulk_user WINDOW everybody AS ()
ORDER BY cost DESC, bulk_user LIMIT $1
"""

IDS = "SELECT prediction_id FROM unfinished WHERE bulk_user IS NOT NULL LIMIT $1"

SET_WEIGHT = """
INSERT INTO shares (user_id, weight, start, finish)
SELECT $1, $2, time, time FROM (SELECT coalesce(max(start), 0) AS time FROM shares) AS lane
ON CONFLICT (user_id) DO UPDATE SET weight = excluded.weight
"""


@dataclass(frozen=True, slots=True)
class PostgresBulkLane(BulkLane):
    pool: Pool

    @override
    async def waiting(self, *, most_users: int) -> Waiting:
        rows = await fetch(self.pool, WAITING, most_users)
        return Waiting(
            predictions=rows[0]["predictions"] if rows else 0,
            users=rows[0]["users"] if rows else 0,
            oldest=rows[0]["oldest"] if rows else None,
            by_user=[
                UserInLane(UserId(row["bulk_user"]), row["waiting"], row["cost"], row["weight"])
                for row in rows
            ],
        )

    @override
    async def ids(self, *, at_most: int) -> Sequence[PredictionId]:
        return [PredictionId(row["prediction_id"]) for row in await fetch(self.pool, IDS, at_most)]

    @override
    async def set_weight(self, user_id: UserId, weight: float, *, act: Act | None = None) -> None:
        async with transaction(self.pool) as connection:
            await connection.execute(SET_WEIGHT, user_id, weight)
            await note(connection, act)
