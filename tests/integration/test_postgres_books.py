"""Properties of the books that only PostgreSQL has: round trips, row layout, locks, fences."""

import asyncio
import json
import random
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from asyncpg import Pool
from prometheus_client import CollectorRegistry

from augury.application.limits import Limits
from augury.application.ports import Conflict, Json
from augury.application.ports.books import AlreadyRecorded
from augury.application.predictions.backlog import Backlog
from augury.application.predictions.cancel_prediction import CancelPrediction
from augury.application.predictions.known_balances import KnownBalances
from augury.application.predictions.ports.acceptance import Accepted
from augury.application.predictions.repairs import Repairs
from augury.application.predictions.request_predictions import RequestPredictions
from augury.application.predictions.requests import Replayed, Request
from augury.application.predictions.sweep import Sweep
from augury.application.webhooks.limit_events import LimitEvents
from augury.domain.balance import Balance, NotEnoughCredits
from augury.domain.errors import DomainError
from augury.domain.idempotency import IdempotencyKey
from augury.domain.identifiers import UserId, uuid7
from augury.domain.prediction import Prediction, Status
from augury.domain.transfer import BooksDisagree, Transfer, TransferKind
from augury.outbound.memory.events import MemoryEvents
from augury.outbound.memory.queue import MemoryPredictionQueue
from augury.outbound.postgres import (
    acceptance,
    accepting,
    books,
    predictions,
    record,
    settling,
    starting,
    sweeping,
    work,
)
from augury.outbound.postgres.books import PostgresOpenBooks
from augury.outbound.postgres.opening import open_pool
from augury.outbound.postgres.settings import PostgresSettings
from augury.outbound.prometheus_counters import PrometheusCounters
from augury.outbound.system_clock import SystemClock
from tests.adapters import LEASE, Adapters, a_prediction, finish, postgres_adapters
from tests.hexagon import a_model
from tests.postgres_server import server_log

LIMITS = Limits()


@pytest.fixture
async def adapters(pool: Pool) -> Adapters:
    adapters = postgres_adapters(pool)
    await adapters.models.add(a_model())
    return adapters


def submit(adapters: Adapters) -> RequestPredictions:
    clock = SystemClock()
    counters = PrometheusCounters(CollectorRegistry())
    return RequestPredictions(
        counters=counters,
        acceptance=adapters.books,
        known=KnownBalances(),
        queue=MemoryPredictionQueue(clock),
        clock=clock,
        limits=LIMITS,
        backlog=Backlog(adapters.predictions, LIMITS),
        limit_events=LimitEvents(adapters.outbox),
    )


def a_request(user_id: UserId, *, key: str | None = None) -> Request:
    return Request.of(
        user_id=user_id,
        model=a_model(),
        data={"text": "hi"},
        input=Json(b'{"text": "hi"}'),
        limits=LIMITS,
        key=IdempotencyKey(key, b"the same") if key else None,
    )


def accepted(answers: Sequence[object]) -> list[Prediction]:
    return [answer for answer in answers if isinstance(answer, Prediction)]


# Round trips ----------------------------------------------------------------------------------------


async def statements_of(url: str, work: Callable[[Adapters], Awaitable[object]]) -> list[str]:
    """The first word of every statement that the work runs on its one connection."""
    heard: list[str] = []
    async with open_pool(PostgresSettings(url=url, pool_size=1)) as single:
        async with single.acquire() as connection:
            connection.add_query_logger(lambda query: heard.append(query.query.split()[0].rstrip(";")))
        await work(postgres_adapters(single))
    return heard


@pytest.mark.parametrize("size", [1, 16, 64])
async def test_a_group_of_submits_is_one_statement_after_one_read_whatever_its_size(
    adapters: Adapters, database_url: str, size: int
) -> None:
    users = [await adapters.user(credits=1_000) for _ in range(8)]
    plain = [a_request(users[number % 8]) for number in range(size)]
    keyed = [a_request(users[number % 8], key=f"key {number}") for number in range(size)]

    async def work(single: Adapters) -> None:
        request_predictions = submit(single)
        for requests in (keyed, plain, plain):
            assert len(accepted(await request_predictions(requests))) == size

    # Keys are always read, balances only where they are not known.
    assert await statements_of(database_url, work) == ["SELECT", "WITH", "WITH", "WITH"]


async def test_a_batch_is_one_statement_to_claim_and_one_to_settle(
    adapters: Adapters, database_url: str
) -> None:
    users = [await adapters.user(credits=100) for _ in range(4)]
    predictions = [each for user_id in users for each in await adapters.predictions_of(user_id, 16)]

    async def work(single: Adapters) -> None:
        assert len(await single.settled(*predictions)) == 64

    assert await statements_of(database_url, work) == ["WITH", "WITH"]


# The layout of rows -----------------------------------------------------------------------------------


async def test_claim_and_settle_update_predictions_without_touching_an_index(
    adapters: Adapters, pool: Pool
) -> None:
    users = [await adapters.user(credits=1_000) for _ in range(4)]
    for _ in range(10):
        predictions = [each for user_id in users for each in await adapters.predictions_of(user_id, 25)]
        await adapters.settled(*predictions)

    updates, hot = await pool_statistics(pool, "predictions", "n_tup_upd", "n_tup_hot_upd")
    assert updates == 2_000
    assert hot / updates > 0.95


async def test_new_rows_of_the_hot_tables_look_up_no_other_table(pool: Pool) -> None:
    """A foreign key does so for each row, which was a third of PostgreSQL's work on a submit."""
    keys = await pool.fetch(
        "SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY ($1::text[]::regclass[])",
        ["predictions", "transfers", "unfinished"],
    )

    assert keys == []


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM users WHERE id = $1",
        "UPDATE users SET id = gen_random_uuid() WHERE id = $1",
        "DELETE FROM models WHERE $1::uuid IS NOT NULL",
        "UPDATE models SET version = 7 WHERE $1::uuid IS NOT NULL",
    ],
)
async def test_what_predictions_and_transfers_name_is_never_removed(
    adapters: Adapters, pool: Pool, statement: str
) -> None:
    user_id = await adapters.user(credits=1)

    with pytest.raises(asyncpg.ForeignKeyViolationError, match="never removed"):
        await pool.execute(statement, user_id)


async def test_what_waits_is_all_that_the_table_of_the_unfinished_holds(
    adapters: Adapters, pool: Pool
) -> None:
    user_id = await adapters.user(credits=10)
    done, claimed, queued = await adapters.predictions_of(user_id, 3)
    await adapters.settled(done)
    await adapters.claim(claimed, token=uuid4())

    rows = await pool.fetch("SELECT prediction_id FROM unfinished ORDER BY prediction_id")
    assert [row[0] for row in rows] == [claimed.id, queued.id]


@pytest.mark.parametrize(
    "statement",
    [
        books.OPEN,
        record.RECORD,
        acceptance.READ,
        acceptance.READ_WITH_KEYS,
        accepting.ACCEPT[False, False, False],
        accepting.ACCEPT_REPAYING,
        starting.BEGIN,
        starting.CLAIM,
        work.RENEW,
        settling.SETTLE,
        settling.SETTLE_FREE,
        work.HAND_BACK,
    ],
    ids=[
        "open",
        "record",
        "read",
        "read with keys",
        "accept",
        "accept bulk work with keys",
        "begin",
        "claim",
        "renew",
        "settle",
        "settle free work",
        "hand back",
    ],
)
async def test_a_plan_made_while_the_tables_were_empty_finds_every_row_by_an_index(
    pool: Pool, statement: str
) -> None:
    """A cached plan stays in use while the tables grow."""
    parameters = len(set(re.findall(r"\$\d+", statement)))
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        await connection.execute(f"PREPARE hot AS {statement}")
        nulls = ", ".join(["NULL"] * parameters)
        plan = json.loads(await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE hot ({nulls})"))[0][
            "Plan"
        ]

    assert reads(plan) != []
    # `runs` has as many rows as there are workers.
    unbounded = [read for read in reads(plan) if "Index Cond" not in read and read["Relation Name"] != "runs"]
    # The lane's time is one entry of an index: its last one.
    assert {(read["Node Type"], read.get("Index Name")) for read in unbounded} <= {
        ("Index Only Scan", "shares_start_idx")
    }


@pytest.mark.parametrize(
    "statement",
    [starting.BEGIN, starting.CLAIM, work.RENEW, work.HAND_BACK, predictions.SEVERAL, predictions.FINAL],
    ids=["begin", "claim", "renew", "hand back", "several", "final"],
)
async def test_a_statement_about_few_ids_is_not_planned_anew_each_time(pool: Pool, statement: str) -> None:
    """PostgreSQL tries five plans for given values, and keeps the plan for any values if it costs no more."""
    parameters = len(set(re.findall(r"\$\d+", statement)))
    async with pool.acquire() as connection:
        await connection.execute(f"PREPARE hot AS {statement}")
        for _ in range(6):
            await connection.execute(f"EXECUTE hot ({', '.join(['NULL'] * parameters)})")
        plans = "SELECT generic_plans FROM pg_prepared_statements WHERE name = 'hot'"

        assert await connection.fetchval(plans) == 1


async def test_a_sweep_finds_predictions_by_their_id_whatever_the_history(
    adapters: Adapters, pool: Pool
) -> None:
    user_id = await adapters.user(credits=10)
    await adapters.predictions_of(user_id, 5)
    await pool.execute("ANALYZE")

    async with pool.acquire() as connection, connection.transaction():
        text = await connection.fetchval(f"EXPLAIN (FORMAT JSON) {sweeping.LOOK}", 1000, None, True)
    plan = json.loads(text)[0]["Plan"]

    of_predictions = [read for read in reads(plan) if read["Relation Name"] == "predictions"]
    assert of_predictions != []
    assert [read for read in of_predictions if "Index Cond" not in read] == []


def reads(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """The parts of the plan that read a table, by an index or not."""
    found = [plan] if "Relation Name" in plan and plan["Node Type"] != "ModifyTable" else []
    if plan["Node Type"] == "Bitmap Heap Scan":  # the index scan below has its condition
        found = [plan | {"Index Cond": plan["Recheck Cond"]}]
    return found + [read for part in plan.get("Plans", []) for read in reads(part)]


async def pool_statistics(pool: Pool, table: str, *columns: str) -> list[int]:
    """Counters of a table, after every connection of the pool has reported its own."""
    connections = [await pool.acquire() for _ in range(pool.get_size())]
    for connection in connections:
        await connection.execute("SELECT pg_stat_force_next_flush()")
        await pool.release(connection)
    row = await pool.fetchrow(
        f"SELECT {', '.join(columns)} FROM pg_stat_user_tables WHERE relname = $1", table
    )
    assert row is not None
    return list(row)


# What the database itself refuses -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    ["UPDATE transfers SET amount = amount", "DELETE FROM transfers WHERE false", "TRUNCATE transfers"],
)
async def test_transfers_are_immutable(adapters: Adapters, pool: Pool, statement: str) -> None:
    await adapters.user(credits=1)

    with pytest.raises(asyncpg.RestrictViolationError, match="immutable"):
        await pool.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE balances SET available = -1",
        "UPDATE balances SET held = -1",
        "UPDATE balances SET pending = -1",
        "UPDATE predictions SET status = 'paused'",
        "UPDATE predictions SET status = 'processing'",
        "UPDATE predictions SET lease_token = gen_random_uuid()",
        "UPDATE predictions SET valid_rows = rows + 1",
        "UPDATE models SET state = 'paused'",
        "UPDATE users SET role = 'owner'",
        """INSERT INTO transfers (reference, kind, user_id, amount)
           SELECT gen_random_uuid(), 'grant', id, 0 FROM users""",
        """INSERT INTO transfers (reference, kind, user_id, amount)
           SELECT gen_random_uuid(), 'theft', id, 1 FROM users""",
        """INSERT INTO transfers (reference, kind, user_id, amount)
           SELECT gen_random_uuid(), 'merge', id, 1 FROM users""",
    ],
)
async def test_the_database_refuses_what_cannot_be(adapters: Adapters, pool: Pool, statement: str) -> None:
    await adapters.predictions_of(await adapters.user(credits=1), 1)

    with pytest.raises(asyncpg.CheckViolationError):
        await pool.execute(statement)


async def test_a_name_has_one_active_version(adapters: Adapters, pool: Pool) -> None:
    await adapters.models.add(a_model(version=2))
    assert (await adapters.models.get("tone")).ref.version == 2

    with pytest.raises(asyncpg.UniqueViolationError, match="models_active_key"):
        await pool.execute("UPDATE models SET state = 'active'")


async def test_a_transfer_that_happened_cannot_happen_again(adapters: Adapters) -> None:
    user_id = await adapters.user()
    payment = Transfer(TransferKind.TOP_UP, user_id, 5, uuid7())
    async with adapters.books() as books:
        await books.record(transfers=[payment])

    with pytest.raises(AlreadyRecorded):
        async with adapters.books() as books:
            await books.record(transfers=[payment])

    assert await adapters.balance(user_id) == Balance(user_id, available=5)


async def test_what_would_overdraw_a_balance_is_named_as_broken_books(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=5)

    with pytest.raises(BooksDisagree) as refused:
        async with adapters.books() as books:
            await books.record(transfers=[Transfer(TransferKind.HOLD, user_id, 6, uuid7())])

    assert refused.value.account == "available"


async def test_credits_for_nobody_are_not_recorded(adapters: Adapters) -> None:
    user_id = UserId(uuid7())

    with pytest.raises((LookupError, asyncpg.ForeignKeyViolationError)):
        async with adapters.books() as books:
            await books.record(transfers=[Transfer(TransferKind.TOP_UP, user_id, 6, uuid7())])

    assert await adapters.deviations() == []


# Many at once -------------------------------------------------------------------------------------------


async def test_of_100_submits_at_once_exactly_those_that_can_be_paid_are_accepted(
    adapters: Adapters, database_url: str
) -> None:
    user_id = await adapters.user(credits=50)
    async with open_pool(PostgresSettings(url=database_url)) as second_pool:
        processes = [submit(adapters), submit(postgres_adapters(second_pool))]
        answers = await asyncio.gather(
            *(processes[number % 2]([a_request(user_id)]) for number in range(100))
        )

    flat = [answer for group in answers for answer in group]
    assert len(accepted(flat)) == 50
    assert sum(isinstance(answer, NotEnoughCredits) for answer in flat) == 50
    assert await adapters.balance(user_id) == Balance(user_id, available=0, held=50, pending=50)
    assert await adapters.deviations() == []


async def test_twins_with_one_idempotency_key_are_one_prediction(
    adapters: Adapters, database_url: str
) -> None:
    user_id = await adapters.user(credits=50)
    async with open_pool(PostgresSettings(url=database_url)) as second_pool:
        processes = [submit(adapters), submit(postgres_adapters(second_pool))]
        for number in range(10):
            answers = await asyncio.gather(
                *(process([a_request(user_id, key=f"key {number}")]) for process in processes)
            )
            [[one], [other]] = sorted(answers, key=lambda answer: isinstance(answer[0], Replayed))
            assert isinstance(one, Prediction)
            assert other == Replayed(one.id)

    assert await adapters.balance(user_id) == Balance(user_id, available=40, held=10, pending=10)


async def test_a_key_remembered_while_this_one_waited_is_a_conflict(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=2)
    key = IdempotencyKey("key", b"the same")

    async def slow_twin(opened: asyncio.Event) -> None:
        async with adapters.books() as books:
            await books.open([user_id], [(user_id, key.key)])
            opened.set()
            await waiting_for_lock(adapters)
            transfer = Transfer(TransferKind.TOP_UP, user_id, 1, uuid7())
            await books.record(transfers=[transfer], keys={user_id: (key, transfer.reference)})

    async def twin(opened: asyncio.Event) -> None:
        await opened.wait()
        async with adapters.books() as books:
            assert not (await books.open([user_id], [(user_id, key.key)])).remembered
            transfer = Transfer(TransferKind.TOP_UP, user_id, 1, uuid7())
            await books.record(transfers=[transfer], keys={user_id: (key, transfer.reference)})

    opened = asyncio.Event()
    results = await asyncio.gather(slow_twin(opened), twin(opened), return_exceptions=True)

    assert results[0] is None
    assert isinstance(results[1], Conflict)
    assert await adapters.balance(user_id) == Balance(user_id, available=3)


async def waiting_for_lock(adapters: Adapters, *, at_least: int = 1) -> None:
    """Wait until so many transactions of this database wait for a lock."""
    assert isinstance(adapters.books, PostgresOpenBooks)
    async with asyncio.timeout(10):
        while (
            await adapters.books.pool.fetchval(
                """
                SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'
                """
            )
            < at_least
        ):
            await asyncio.sleep(0.01)


async def test_flights_settlements_cancels_and_sweeps_that_cross_never_deadlock(
    adapters: Adapters, database_url: str
) -> None:
    users = [await adapters.user(credits=1_000) for _ in range(6)]
    before = server_log().count("deadlock detected")
    dice = random.Random(7)
    open_predictions: list[Prediction] = []

    async def fly(process: Adapters) -> None:
        some = dice.sample(users, 4)
        answers = await submit(process)([a_request(dice.choice(some)) for _ in range(12)])
        open_predictions.extend(accepted(answers))

    async def settle(process: Adapters) -> None:
        some = dice.sample(open_predictions, min(16, len(open_predictions)))
        await process.settled(*some)

    async def hand_back(process: Adapters) -> None:
        some = dice.sample(open_predictions, min(16, len(open_predictions)))
        token = uuid4()
        claimed = await process.claim(*some, token=token)
        ids = [each.prediction.id for each in claimed]
        assert await process.work.renew(token, lease=LEASE, ids=ids) == len(ids)
        assert len(await process.work.hand_back(token, ids)) == len(ids)

    async def cancel(process: Adapters) -> None:
        if open_predictions:
            some = dice.choice(open_predictions)
            canceling = CancelPrediction(
                counters=PrometheusCounters(CollectorRegistry()),
                books=process.books,
                events=MemoryEvents(),
                clock=SystemClock(),
            )
            try:
                await canceling(user_id=some.user_id, prediction_id=some.id)
            except DomainError:
                return  # it is processing or final

    async def sweep(process: Adapters) -> None:
        clock = SystemClock()
        sweeping = Sweep(
            books=process.books,
            bulk_lane=process.bulk_lane,
            queue=MemoryPredictionQueue(clock),
            repairs=Repairs(
                batches=process.batches,
                queue=MemoryPredictionQueue(clock),
                events=MemoryEvents(),
                counters=PrometheusCounters(CollectorRegistry()),
            ),
            clock=clock,
            limits=LIMITS,
        )
        await sweeping(empty_since=clock.now() + timedelta(minutes=1))

    async def work(process: Adapters) -> None:
        for _ in range(15):
            for step in dice.sample([fly, settle, hand_back, cancel, cancel, sweep], 6):
                await step(process)

    async with (
        open_pool(PostgresSettings(url=database_url)) as second,
        open_pool(PostgresSettings(url=database_url)) as third,
    ):
        processes = [adapters, postgres_adapters(second), postgres_adapters(third)]
        await asyncio.gather(*(work(process) for process in processes for _ in range(3)))
    while open_predictions:
        await adapters.settled(*open_predictions[:200])
        del open_predictions[:200]

    assert server_log().count("deadlock detected") == before
    assert await adapters.deviations() == []
    assert {(await adapters.balance(user_id)).pending for user_id in users} == {0}


# Fences -------------------------------------------------------------------------------------------------


async def test_a_zombie_settles_nothing(adapters: Adapters, pool: Pool) -> None:
    user_id = await adapters.user(credits=10)
    lost, kept = await adapters.predictions_of(user_id, 2)
    zombie, heir = uuid4(), uuid4()
    claimed = await adapters.claim(lost, kept, token=zombie, lease=timedelta(0))
    async with adapters.books() as books:
        again = (await books.prediction(lost.id)).abandon(at=datetime.now(UTC))
        await books.record(changed=[again])
    [inherited] = await adapters.claim(lost, token=heir)

    settled = await adapters.work.settle(zombie, [finish(each.prediction) for each in claimed])

    assert settled == [kept.id]
    assert (await adapters.now(lost)).status is Status.PROCESSING
    assert await adapters.balance(user_id) == Balance(user_id, available=8, held=1, pending=1)
    assert await adapters.work.settle(heir, [finish(inherited.prediction)]) == [lost.id]
    assert await adapters.work.settle(zombie, [finish(each.prediction) for each in claimed]) == []
    assert await adapters.balance(user_id) == Balance(user_id, available=8)
    assert await adapters.deviations() == []


async def test_a_claim_passes_over_what_somebody_has_locked_and_waits_where_that_is_all_there_is(
    adapters: Adapters,
) -> None:
    user_id = await adapters.user(credits=10)
    locked, free = await adapters.predictions_of(user_id, 2)
    is_locked = asyncio.Event()

    async def look_at_it() -> None:
        async with adapters.books() as books:
            await books.prediction(locked.id)
            is_locked.set()
            await waiting_for_lock(adapters)

    async def claim() -> list[UUID]:
        await is_locked.wait()
        first = await adapters.claim(locked, free, token=uuid4())
        second = await adapters.claim(locked, free, token=uuid4())
        return [each.prediction.id for each in (*first, *second)]

    _, claimed = await asyncio.gather(look_at_it(), claim())

    assert claimed == [free.id, locked.id]
    assert await adapters.claim(locked, free, token=uuid4()) == []


async def test_a_settle_that_waited_while_its_lease_was_taken_away_changes_nothing(
    adapters: Adapters,
) -> None:
    user_id = await adapters.user(credits=10)
    [prediction] = await adapters.predictions_of(user_id, 1)
    token = uuid4()
    [claimed] = await adapters.claim(prediction, token=token, lease=timedelta(0))

    async def take_away(locked: asyncio.Event) -> None:
        async with adapters.books() as books:
            again = (await books.prediction(prediction.id)).abandon(at=datetime.now(UTC))
            locked.set()
            await waiting_for_lock(adapters)
            await books.record(changed=[again])

    async def settle(locked: asyncio.Event) -> Sequence[object]:
        await locked.wait()
        return await adapters.work.settle(token, [finish(claimed.prediction)])

    locked = asyncio.Event()
    _, settled = await asyncio.gather(take_away(locked), settle(locked))

    assert settled == []
    assert (await adapters.now(prediction)).status is Status.QUEUED
    assert await adapters.deviations() == []


async def test_while_one_process_sweeps_nothing_is_due_for_another(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=10)
    [prediction] = await adapters.predictions_of(user_id, 1)
    later = datetime.now(UTC) + timedelta(hours=1)

    async with adapters.books() as one, adapters.books() as other:
        first = await one.due(10, put_before=later, early=True)
        second = await other.due(10, put_before=later, early=True)

    assert [each.id for each in first.lost] == [prediction.id]
    assert second.lost == []


async def test_a_backlog_that_is_due_but_still_queued_does_not_hide_what_was_lost(
    adapters: Adapters, pool: Pool
) -> None:
    user_id = await adapters.user(credits=100)
    [lost] = await adapters.predictions_of(user_id, 1)
    await adapters.pass_time(timedelta(minutes=2))
    passed = datetime.now(UTC) - timedelta(minutes=1)
    await adapters.predictions_of(user_id, 50)
    await pool.execute(
        "UPDATE unfinished SET due_at = now() - interval '1 hour' WHERE prediction_id <> $1", lost.id
    )

    async with adapters.books() as books:
        due = await books.due(10, put_before=passed)

    assert [each.id for each in due.lost] == [lost.id]


async def test_a_look_is_never_put_off_beyond_the_deadline(adapters: Adapters, pool: Pool) -> None:
    user_id = await adapters.user(credits=10)
    deadline = datetime.now(UTC) + timedelta(seconds=5)
    await adapters.accept(user_id, a_prediction(user_id, expires_at=deadline))
    async with adapters.books() as books:
        await books.due(10, put_before=datetime.now(UTC) + timedelta(hours=1), early=True)

    assert await pool.fetchval("SELECT due_at FROM unfinished") == deadline


async def test_large_inputs_come_back_as_they_were(adapters: Adapters, pool: Pool) -> None:
    user_id = await adapters.user(credits=10)
    prediction = a_prediction(user_id)
    rows = Json(json.dumps([{"text": f"row {number} " * 20} for number in range(10_000)]).encode())
    await adapters.accept_all([Accepted(prediction, rows)])

    [claimed] = await adapters.claim(prediction, token=uuid4())

    assert claimed.input == rows
    stored = await pool.fetchval("SELECT pg_column_size(input) FROM predictions")
    assert stored < len(rows) / 2


async def test_a_process_of_the_release_before_does_not_settle_text_it_cannot_price(
    adapters: Adapters, pool: Pool
) -> None:
    user_id = await adapters.user(credits=100)
    priced, free = a_prediction(user_id, text_price=5, text_bytes=1), a_prediction(user_id)
    await adapters.accept(user_id, priced, free)
    await adapters.claim(priced, free, token=uuid4())
    settled_as_before = """
        UPDATE predictions SET status = 'succeeded', valid_rows = rows, lease_token = NULL, lease_until = NULL
        WHERE id = $1
    """

    await pool.execute(settled_as_before, free.id)
    with pytest.raises(asyncpg.CheckViolationError, match="valid_text_bytes"):
        await pool.execute(settled_as_before, priced.id)
