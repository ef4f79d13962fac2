"""Predictions that workers run. Each statement is a separate transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from asyncpg import Pool, Record
from typing_extensions import override

from augury.application.predictions.ports.sweeping import FIRST_CHECK
from augury.application.predictions.ports.work import Claimed, ClaimTerms, Finished, Work
from augury.domain.batch import SlicePlace
from augury.domain.identifiers import PredictionId
from augury.outbound.postgres.intervals import interval, seconds
from augury.outbound.postgres.pages import given
from augury.outbound.postgres.prediction_rows import prediction_of
from augury.outbound.postgres.query import Records, fetch
from augury.outbound.postgres.settling import settle_of, settled_columns
from augury.outbound.postgres.starting import (
    AWAIT_UNLOCKED,
    BEGIN,
    BEGIN_WEIGHTED,
    CLAIM,
    CLAIM_PATIENTLY,
    PICK,
    PICK_PATIENTLY,
    PICK_SHORT,
)

RENEW = f"""
WITH seen AS (
    UPDATE runs SET seen_at = now() WHERE token = $1 RETURNING begun_at
), due AS (
    SELECT id FROM predictions
    WHERE id = ANY ({given(2)}) AND (
        status = 'processing' AND lease_token = $1 AND lease_until < now() + $3::interval * 2 / 3
        OR status = 'queued' AND attempts = 0 AND EXISTS (SELECT FROM seen)
    )
    ORDER BY id FOR UPDATE
), renewed AS (
    UPDATE predictions p SET
        status = 'processing', attempts = greatest(p.attempts, 1),
        started_at = coalesce(p.started_at, (SELECT begun_at FROM seen)),
        lease_token = $1, lease_until = now() + $3::interval
    WHERE p.id = ANY (ARRAY (SELECT id FROM due)) RETURNING p.id
)
SELECT id FROM renewed
UNION SELECT id FROM predictions WHERE id = ANY ({given(2)}) AND status = 'processing' AND lease_token = $1
"""

# `put_at` stays: if the broker does not deliver the message again, it counts as lost at the next check.
HAND_BACK = f"""
WITH leased AS (
    SELECT id, user_id FROM predictions
    WHERE id = ANY ({given(2)}) AND status = 'processing' AND lease_token = $1
    ORDER BY id FOR UPDATE
), handed_back AS (
    UPDATE predictions p SET
        status = 'queued', attempts = attempts - 1, started_at = NULL, lease_token = NULL, lease_until = NULL
    FROM leased WHERE p.id = leased.id AND p.id = ANY ({given(2)})
    RETURNING p.id, p.user_id, p.attempts, p.expires_at
), to_look_at AS (
    UPDATE unfinished u SET
        due_at = least(now() + {interval(FIRST_CHECK)}, expires_at), wait = {seconds(FIRST_CHECK)},
        bulk_user = CASE WHEN cost IS NOT NULL AND attempts = 0 THEN user_id END
    FROM handed_back WHERE u.prediction_id = handed_back.id AND u.prediction_id = ANY ({given(2)})
    RETURNING u.bulk_user, u.cost
), given_back AS (
    UPDATE shares s SET finish = greatest(finish - back.cost / weight, least(finish, lane.time))
    FROM (SELECT bulk_user, sum(cost) AS cost FROM to_look_at WHERE bulk_user IS NOT NULL GROUP BY bulk_user)
        AS back, LATERAL (SELECT max(start) AS time FROM shares) AS lane
    WHERE s.user_id = back.bulk_user
), run AS (
    DELETE FROM runs WHERE token = $1
)
SELECT id FROM handed_back
"""

RUN_OF = "SELECT unnest(ids) AS id FROM runs WHERE token = $1"

BEGUN = "SELECT id FROM unnest($1::uuid[]) AS asked (id) WHERE id IN (SELECT unnest(ids) FROM runs)"

UNKNOWN = """
SELECT id FROM unnest($1::uuid[]) AS asked (id)
WHERE NOT EXISTS (SELECT FROM predictions p WHERE p.id = asked.id)
"""

MOST_WAITS = 10
"""How often a pick waits for work that others have locked, before it leaves the work to them."""


@dataclass(frozen=True, slots=True)
class PostgresWork(Work):
    pool: Pool

    @override
    async def begin(self, ids: Collection[PredictionId], terms: ClaimTerms) -> Sequence[Claimed]:
        asked = (list(ids), terms.token, terms.most_rows, terms.most_bytes)
        if not (slow := terms.weights):
            return _claimed(await fetch(self.pool, BEGIN, *asked))
        weights = ([ref.name for ref in slow], [ref.version for ref in slow], list(slow.values()))
        return _claimed(await fetch(self.pool, BEGIN_WEIGHTED, *asked, *weights))

    @override
    async def claim(self, ids: Collection[PredictionId], terms: ClaimTerms) -> Sequence[Claimed]:
        """Skips predictions that others have locked, but waits for them if there are no others."""
        asked = (list(ids), terms.token, terms.lease, terms.most_rows, terms.most_bytes)
        rows = await fetch(self.pool, CLAIM, *asked) or await fetch(self.pool, CLAIM_PATIENTLY, *asked)
        return _claimed(rows)

    @override
    async def pick(
        self, *, token: UUID, lease: timedelta, most: int, most_cost: int, short: bool = False
    ) -> Sequence[Claimed]:
        asked = (token, lease, most, most_cost)
        statement, waits = (PICK_SHORT, 0) if short else (PICK, MOST_WAITS)
        while True:
            rows = await fetch(self.pool, statement, *asked)
            if rows[0]["id"] is not None:
                return _claimed(rows)
            if not rows[0]["users"]:
                return ()
            if not rows[0]["left_the_lane"]:  # others have locked all of it, or it is too large
                if not waits:
                    return ()
                waits -= 1
                await fetch(self.pool, AWAIT_UNLOCKED)
                statement = PICK_PATIENTLY

    @override
    async def renew(self, token: UUID, *, lease: timedelta, ids: Collection[PredictionId]) -> int:
        return len(await fetch(self.pool, RENEW, token, list(ids), lease))

    @override
    async def settle(self, token: UUID, finished: Sequence[Finished]) -> Sequence[PredictionId]:
        statement = settle_of([each.prediction for each in finished])
        rows = await fetch(self.pool, statement, token, *settled_columns(finished))
        return [row["id"] for row in rows]

    @override
    async def hand_back(self, token: UUID, ids: Collection[PredictionId]) -> Sequence[PredictionId]:
        return [row["id"] for row in await fetch(self.pool, HAND_BACK, token, list(ids))]

    @override
    async def run_of(self, token: UUID) -> Sequence[PredictionId]:
        return [PredictionId(row["id"]) for row in await fetch(self.pool, RUN_OF, token)]

    @override
    async def begun(self, ids: Collection[PredictionId]) -> Collection[PredictionId]:
        return {PredictionId(row["id"]) for row in await fetch(self.pool, BEGUN, list(ids))}

    @override
    async def unknown(self, ids: Collection[PredictionId]) -> Collection[PredictionId]:
        return {PredictionId(row["id"]) for row in await fetch(self.pool, UNKNOWN, list(ids))}


def _claimed(rows: Records) -> list[Claimed]:
    claimed = [
        Claimed(prediction_of(row), row["input"], _place_of(row), row["explain"], row["top"]) for row in rows
    ]
    return sorted(claimed, key=lambda each: each.prediction.id)


def _place_of(row: Record) -> SlicePlace | None:
    return None if row["batch_id"] is None else SlicePlace(row["batch_id"], row["batch_number"])
