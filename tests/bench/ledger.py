"""How long the check of all the books takes: `uv run python -m tests.bench.ledger [predictions]`."""

import asyncio
import sys
import time

import asyncpg

from augury.application.limits import Limits
from augury.outbound.postgres.ledger import PostgresLedger
from augury.outbound.postgres.models import PostgresModels
from augury.outbound.postgres.opening import open_pool
from augury.outbound.postgres.settings import PostgresSettings
from tests.adapters import MODEL
from tests.hexagon import a_model
from tests.postgres_server import fresh_database

USERS = 1_000

# Books that balance: a thousand users, each prediction of one row held and captured.
FILL = f"""
SET session_replication_role = replica;
INSERT INTO users (id, role, email, created_at)
    SELECT gen_random_uuid(), 'member', 'user' || n || '@example.org', now()
    FROM generate_series(1, {USERS}) AS n;
CREATE TEMPORARY TABLE made AS
    WITH numbered AS (SELECT id AS user_id, row_number() OVER () AS number FROM users)
    SELECT gen_random_uuid() AS id, user_id
    FROM generate_series(1, {{predictions}}) AS n JOIN numbered ON number = 1 + n % {USERS};
INSERT INTO predictions (id, user_id, model_name, model_version, rows, row_price, single, status, attempts,
        created_at, started_at, finished_at, valid_rows, input, output)
    SELECT id, user_id, '{MODEL.name}', {MODEL.version}, 1, 1, true, 'succeeded', 1, now(), now(), now(), 1,
        repeat('i', 60)::bytea, repeat('o', 90)::bytea
    FROM made;
INSERT INTO transfers (reference, kind, user_id, amount)
    SELECT id, kind, user_id, 1 FROM made CROSS JOIN unnest(ARRAY['hold', 'capture']) AS kind;
INSERT INTO transfers (reference, kind, user_id, amount)
    SELECT id, 'top_up', id, 1000000 FROM users;
INSERT INTO balances (user_id, available)
    SELECT users.id, 1000000 - count(made.id) FROM users LEFT JOIN made ON user_id = users.id GROUP BY 1;
"""


async def main(predictions: int) -> None:
    async with fresh_database() as url, open_pool(PostgresSettings(url=url)) as pool:
        await PostgresModels(pool).add(a_model())
        connection = await asyncpg.connect(url)
        await connection.execute(FILL.format(predictions=predictions))
        await connection.execute("ANALYZE")
        await connection.close()
        began = time.perf_counter()
        report = await PostgresLedger(pool, Limits()).verify()
        seconds = time.perf_counter() - began
    assert not report.deviations, report.deviations[:3]
    print(f"{report.predictions} predictions, {report.transfers} transfers: {seconds:.1f} s")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
