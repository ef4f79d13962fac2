"""The check of all the books finds every possible deviation."""

import asyncio
import re
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from asyncpg import Pool
from prometheus_client import CollectorRegistry

from augury.application.limits import Limits
from augury.application.predictions.repairs import Repairs
from augury.application.predictions.sweep import Sweep
from augury.domain.audit import Act, Action, Author
from augury.domain.deviation import Deviation, DeviationCode
from augury.domain.identifiers import UserId, uuid7
from augury.domain.ledger_check import CheckUnderWay
from augury.domain.prediction import Prediction
from augury.outbound.memory.events import MemoryEvents
from augury.outbound.memory.queue import MemoryPredictionQueue
from augury.outbound.postgres.ledger import MOST_NAMED
from augury.outbound.postgres.locks import CHECKING
from augury.outbound.prometheus_counters import PrometheusCounters
from augury.outbound.system_clock import SystemClock
from tests.adapters import Adapters, postgres_adapters
from tests.hexagon import a_model
from tests.processes import environment, run

ACT = Act(author=Author(system_user="root", request_id="r"), action=Action.CHECK_LEDGER, subject="ledger")


@pytest.fixture
async def adapters(pool: Pool) -> Adapters:
    adapters = postgres_adapters(pool)
    await adapters.models.add(a_model())
    return adapters


@pytest.fixture
async def user_id(adapters: Adapters) -> UserId:
    return await adapters.user(credits=10)


@pytest.fixture
async def predictions(adapters: Adapters, user_id: UserId) -> list[Prediction]:
    """A finished prediction, a processing one and a queued one."""
    done, processing, queued = await adapters.predictions_of(user_id, 3)
    await adapters.settled(done)
    await adapters.claim(processing, token=uuid4())
    return [done, processing, queued]


async def test_a_restore_verifies_once_workers_have_taken_up_what_was_under_way(
    adapters: Adapters, pool: Pool, predictions: list[Prediction]
) -> None:
    manual = (Path(__file__).parents[2] / "docs/operation.md").read_text()
    waited_for = re.search('^abandoned="(.*)"$', manual, re.MULTILINE)
    assert waited_for
    await adapters.pass_time(timedelta(days=1))
    assert len(await adapters.deviations()) == 1
    assert await pool.fetchval(waited_for[1]) == 1

    clock = SystemClock()
    await Sweep(
        books=adapters.books,
        bulk_lane=adapters.bulk_lane,
        queue=MemoryPredictionQueue(clock),
        repairs=Repairs(
            batches=adapters.batches,
            queue=MemoryPredictionQueue(clock),
            events=MemoryEvents(),
            counters=PrometheusCounters(CollectorRegistry()),
        ),
        clock=clock,
        limits=Limits(),
    )()

    assert await pool.fetchval(waited_for[1]) == 0
    assert await adapters.deviations() == []


async def tamper(pool: Pool, statement: str) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute(statement)


async def test_books_that_balance_have_no_deviation(
    adapters: Adapters, predictions: list[Prediction]
) -> None:
    report = await adapters.ledger.verify()

    assert (report.users, report.transfers, report.predictions) == (1, 5, 3)
    assert report.deviations == []


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE balances SET available = available + 1", "the balance is 8 available"),
        ("UPDATE balances SET available = available + 1", "all books: 10 came in"),
        ("UPDATE balances SET held = held - 1", "1 held"),
        ("UPDATE balances SET pending = 0", "0 pending"),
        ("DELETE FROM balances", "transfers and predictions say 7, 2, 2"),
        ("DELETE FROM transfers WHERE kind = 'grant'", "all books: 0 came in"),
        ("DELETE FROM transfers WHERE kind = 'capture'", "captured 0"),
        ("DELETE FROM transfers WHERE kind = 'hold'", "is queued: held 0"),
        ("UPDATE transfers SET amount = 2 WHERE kind = 'hold'", "is processing: held 2"),
        ("UPDATE predictions SET valid_rows = 0 WHERE status = 'succeeded'", "captured 1, released 0"),
        ("UPDATE predictions SET status = 'failed' WHERE status = 'succeeded'", "is failed with 1 of 1 rows"),
        (
            """ALTER TABLE transfers DROP CONSTRAINT transfers_pkey CASCADE;
               INSERT INTO transfers (reference, kind, user_id, amount)
               SELECT reference, kind, user_id, amount FROM transfers WHERE kind = 'capture'""",
            "exists 2 times",
        ),
        (
            """ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_pkey CASCADE;
               INSERT INTO idempotency_keys (user_id, key, fingerprint, reference)
               SELECT user_id, 'key', 'digest', id FROM predictions WHERE status <> 'processing'""",
            "idempotency key key of user",
        ),
        ("DELETE FROM predictions WHERE status = 'succeeded'", "is missing: held 1"),
        ("DELETE FROM unfinished", "is queued and not among the unfinished"),
        (
            "INSERT INTO unfinished SELECT id, now(), now(), 30 FROM predictions WHERE status = 'succeeded'",
            "is succeeded and still among the unfinished",
        ),
        (
            "INSERT INTO unfinished SELECT gen_random_uuid(), now(), now(), 30",
            "is missing and still among the unfinished",
        ),
        (
            "UPDATE predictions SET lease_until = now() - interval '151 seconds' WHERE status = 'processing'",
            "is processing, but its lease ended",
        ),
        (
            """INSERT INTO idempotency_keys (user_id, key, fingerprint, reference)
               SELECT id, 'key', 'digest', gen_random_uuid() FROM users""",
            "idempotency key key",
        ),
        (
            """INSERT INTO transfers (reference, kind, user_id, amount)
               SELECT reference, 'refund', user_id, 2 FROM transfers WHERE kind = 'capture'""",
            "2 refunded, but 1 captured",
        ),
        (
            "INSERT INTO promo_codes (code, credits, most, used, created_at) VALUES ('ABC', 1, 9, 1, now())",
            "promo code ABC: used 1 times, redeemed 0 times with 0 grants",
        ),
        (
            """WITH made AS (
                   INSERT INTO promo_codes (code, credits, most, used, created_at)
                   VALUES ('ABC', 1, 9, 1, now()) RETURNING code
               )
               INSERT INTO promo_redemptions (code, user_id, reference)
               SELECT code, id, gen_random_uuid() FROM made, users""",
            "promo code ABC: used 1 times, redeemed 1 times with 0 grants",
        ),
    ],
)
async def test_every_deviation_is_named(
    adapters: Adapters, pool: Pool, predictions: list[Prediction], statement: str, words: str
) -> None:
    await tamper(pool, statement)

    deviations = await adapters.deviations()

    assert any(words in deviation for deviation in deviations), deviations


async def test_one_check_runs_at_a_time(adapters: Adapters, pool: Pool) -> None:
    async with pool.acquire() as another, another.transaction():
        await another.execute("SELECT pg_advisory_xact_lock($1)", CHECKING)
        with pytest.raises(CheckUnderWay):
            await adapters.ledger.verify()

    assert await adapters.deviations() == []


async def test_the_command_ends_with_1_and_tells_the_number_of_all_deviations(
    adapters: Adapters, pool: Pool, database_url: str
) -> None:
    for _ in range(MOST_NAMED + 2):
        await adapters.user()
    await pool.execute("UPDATE balances SET available = available + 1")

    checked = await asyncio.to_thread(run, "ledger", "verify", env=environment(database_url=database_url))

    *named, last = checked.stderr.splitlines()
    assert checked.returncode == 1
    assert last.startswith(f"augury: the books do not balance: {MOST_NAMED + 3:,} deviations in ")
    assert len([line for line in named if line.startswith("user ")]) == MOST_NAMED
    assert "and 2 more like the last" in named


async def test_deviations_of_an_older_and_of_a_newer_release_are_read_in_their_words(
    adapters: Adapters, pool: Pool
) -> None:
    run_id = uuid7()
    await adapters.ledger_runs.begin(run_id, silent_for=timedelta(minutes=1), act=ACT)
    known = Deviation.of(DeviationCode.NO_BALANCE, user="0190")
    await adapters.ledger_runs.end(run_id, deviations=1, found=[known])

    async def read() -> Deviation:
        [run] = await adapters.ledger_runs.last(most=1, silent_for=timedelta(minutes=1))
        [found] = run.found
        return found

    assert await read() == known
    for stored in (
        "NULL",
        """'[{"code": "of_tomorrow", "values": {}}]'""",
        """'[{"code": "debt", "values": {}}]'""",
    ):
        await pool.execute(f"UPDATE ledger_runs SET found = {stored}")
        assert await read() == Deviation.written("user 0190: there is no balance")
