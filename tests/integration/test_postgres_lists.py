"""Every list and every purge over a long history: the plans that PostgreSQL caches read a bounded part of an
index, wherever the page begins. The tests check what a plan does, never how long it takes."""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from asyncpg import Pool
from asyncpg.pool import PoolConnectionProxy
from typing_extensions import override

from augury.application.operation.ports import Filters
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.prediction import Status
from augury.outbound.postgres import (
    audit_log,
    balances,
    batch_replies,
    batches,
    figures,
    predictions,
    promo_codes,
    sessions,
    upkeep,
    users,
    version_counts,
    webhook_deliveries,
    webhooks,
)
from augury.outbound.postgres.opening import open_pool
from augury.outbound.postgres.pages import LAST
from augury.outbound.postgres.prediction_pages import MOST_LOOKED_AT, WantedPredictions
from augury.outbound.postgres.predictions import PostgresPredictions
from augury.outbound.postgres.query import Records
from augury.outbound.postgres.reads import Reads
from augury.outbound.postgres.settings import PostgresSettings
from tests.postgres_server import fresh_database

pytestmark = pytest.mark.asyncio(loop_scope="module")
MANY = 60_000
ONE_IN = 3_000
"""How many of the user's predictions have a rare status, and how many a rare model."""
PAGE = 101
MOST_BUFFERS = 4 * MOST_LOOKED_AT
"""Pages that one statement touches. A history has more: at least one in four of its rows."""
USER = UserId(UUID(int=7))


def numbered(number: int) -> UUID:
    return UUID(f"{number:012x}70008000800000000000")


SLICES = UserId(UUID(int=8))
"""A user of one batch with many slices, and of some predictions between them."""
MANY_SLICES, ALONE = 10_000, 2_500
"""Every so many, there is a prediction of no batch."""
ID_OF_SLICE = "(lpad(to_hex(n), 12, '0') || '70008000900000000000')::uuid"
ID = "(lpad(to_hex(n), 12, '0') || '70008000800000000000')::uuid"
FILL = f"""
    INSERT INTO users (id, role, email, guest_key, created_at)
    SELECT {ID}, CASE WHEN n % {ONE_IN} = 0 THEN 'member' ELSE 'guest' END, n || '@example.org',
        decode(lpad(to_hex(n), 8, '0'), 'hex'), now() - interval '1 hour' FROM generate_series(1, {MANY}) n;
    INSERT INTO users (id, role, created_at) VALUES ('{USER}', 'member', now());
    INSERT INTO balances (user_id) SELECT id FROM users;
    INSERT INTO models (name, version, facts, sha256, row_price, created_at, state)
    SELECT name, version, '{{}}', '', 1, now(), 'ready'
    FROM (VALUES ('tone', 1), ('tone', 2), ('spam', 1)) m (name, version);
    INSERT INTO predictions (
        id, user_id, model_name, model_version, rows, row_price, single, status, attempts, created_at,
        valid_rows, input, output
    )
    SELECT {ID}, '{USER}', CASE n % {ONE_IN} WHEN 1 THEN 'spam' ELSE 'tone' END,
        CASE n % {ONE_IN} WHEN 2 THEN 2 ELSE 1 END, 1, 1, true,
        CASE n % {ONE_IN}
            WHEN 3 THEN 'failed' WHEN 4 THEN 'canceled' WHEN 5 THEN 'expired' ELSE 'succeeded'
        END,
        1, now(), 1, '{{}}', '{{}}' FROM generate_series(1, {MANY}) n;
    INSERT INTO unsuccessful (user_id, status, prediction_id)
    SELECT user_id, status, id FROM predictions WHERE status <> 'succeeded';
    INSERT INTO users (id, role, created_at) VALUES ('{SLICES}', 'member', now());
    INSERT INTO predictions (
        id, user_id, model_name, model_version, rows, row_price, single, status, attempts, created_at,
        valid_rows, input, output, batch_id, batch_number
    )
    SELECT {ID_OF_SLICE}, '{SLICES}', 'tone', 1, 2000, 1, false,
        'succeeded', 1, now(), 2000, CASE WHEN n % {ALONE} = 0 THEN '{{}}'::bytea ELSE '' END, NULL,
        CASE WHEN n % {ALONE} <> 0 THEN '{SLICES}'::uuid END, CASE WHEN n % {ALONE} <> 0 THEN n END
    FROM generate_series(1, {MANY_SLICES}) n;
    INSERT INTO transfers (reference, kind, user_id, amount)
    SELECT id, 'hold', user_id, 1 FROM predictions;
    INSERT INTO promo_codes (code, credits, most, created_at)
    SELECT 'CODE-' || n, 1, 1, now() FROM generate_series(1, {MANY}) n;
    INSERT INTO idempotency_keys (user_id, key, fingerprint, reference, created_at)
    SELECT '{USER}', CASE WHEN n % 2 = 0 THEN 'telegram:' || n ELSE n::text END, '', {ID}, now()
    FROM generate_series(1, {MANY}) n;
    INSERT INTO refresh_tokens (digest, family, user_id, expires_at)
    SELECT decode(lpad(to_hex(n), 8, '0'), 'hex'), {ID}, '{USER}', now() + interval '1 day'
    FROM generate_series(1, {MANY}) n;
    INSERT INTO throttle (key, ends_at, hits)
    SELECT n::text, now() + interval '1 day', 1 FROM generate_series(1, {MANY}) n;
    INSERT INTO telegram_updates (id, lane) SELECT n, 1 FROM generate_series(1, {MANY}) n;
    INSERT INTO telegram_replies (chat_id, message_id, prediction_id)
    SELECT 1, n, {ID} FROM generate_series(1, {MANY}) n;
    INSERT INTO notices (prediction_id) SELECT id FROM predictions;
    INSERT INTO telegram_chats (id, user_id, language)
    SELECT n, '{USER}', 'en' FROM generate_series(1, {MANY_SLICES}) n;
    INSERT INTO batches (id, user_id, received_at)
    SELECT {ID}, '{USER}', now() FROM generate_series(1, {MANY}) n;
    INSERT INTO telegram_batches (batch_id, chat_id, message_id, placeholder_id, file_name)
    SELECT {ID}, 1 + n % {MANY_SLICES}, n, 1, 'rows.csv' FROM generate_series(1, {MANY}) n;
    INSERT INTO audit_log (id, at, actor, request_id, action, subject, user_id, before, after)
    SELECT {ID}, now(), CASE n % {ONE_IN} WHEN 1 THEN 'rare' ELSE 'root' END, '', 'user.block', 'user',
        CASE n % {ONE_IN} WHEN 2 THEN {ID} ELSE '{USER}' END, '{{}}', '{{}}'
    FROM generate_series(1, {MANY}) n;
"""
EARLY = UserId(UUID(int=9))
"""A user who was here before nearly everything that others did. There are only a few users who did anything,
so their rows seem to be mixed."""
FEW = 40
ID_OF_EARLY = "(lpad(to_hex(n), 12, '0') || '70008000a00000000000')::uuid"
FILL_EARLY = f"""
    INSERT INTO users (id, role, created_at) VALUES ('{EARLY}', 'member', now());
    INSERT INTO predictions (
        id, user_id, model_name, model_version, rows, row_price, single, status, attempts, created_at,
        valid_rows, input, output
    )
    SELECT {ID_OF_EARLY}, '{EARLY}', 'tone', 1, 1, 1, true, 'succeeded', 1, now(), 1, '{{}}', '{{}}'
    FROM generate_series(1, {FEW}) n;
    INSERT INTO batches (
        id, user_id, model_name, model_version, rows, slices, price, received_at, accepted_at, closed_at,
        done, failed, charged, canceled, expired
    )
    SELECT {ID_OF_EARLY}, CASE WHEN n <= {FEW} THEN '{EARLY}'::uuid ELSE '{SLICES}' END, 'tone', 1, 1, 1, 1,
        now(), now(), now(), 1, 0, 1, 0, 0 FROM generate_series(1, {MANY_SLICES}) n;
    INSERT INTO webhooks (id, user_id, url, description, generation, events, created_at)
    SELECT {ID_OF_EARLY}, CASE WHEN n <= {FEW} THEN '{EARLY}'::uuid ELSE '{SLICES}' END, 'https://example.org',
        '', 1, '{{}}', now() FROM generate_series(1, {MANY_SLICES}) n;
    INSERT INTO webhook_deliveries (id, webhook_id, event, facts, occurred_at, status)
    SELECT {ID_OF_EARLY}, CASE WHEN n <= {FEW} THEN '{EARLY}'::uuid ELSE '{SLICES}' END,
        'prediction.finished', '{{}}', now(), 'failed' FROM generate_series(1, {MANY_SLICES}) n;
    INSERT INTO audit_log (id, at, actor, request_id, action, subject, user_id, before, after)
    SELECT {ID_OF_EARLY}, now(), 'early', '', 'early', 'early', '{EARLY}', '{{}}', '{{}}'
    FROM generate_series(1, {FEW}) n;
    ANALYZE;
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def history() -> AsyncIterator[Pool]:
    async with fresh_database() as url, open_pool(PostgresSettings(url=url)) as pool:
        await pool.execute(FILL)
        yield pool


async def plan_of(connection: PoolConnectionProxy, sql: str, arguments: Sequence[object]) -> dict[str, Any]:
    """What the plan of a prepared statement did."""
    await connection.execute(f"PREPARE asked AS {sql}")
    try:
        given = f"({', '.join(map(literal, arguments))})" if arguments else ""
        [row] = await connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE asked{given}")
        plan: dict[str, Any] = json.loads(row[0])[0]["Plan"]
        return plan
    finally:
        await connection.execute("DEALLOCATE asked")


def literal(value: object) -> str:
    return str(value) if isinstance(value, int) else f"'{value}'"


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", ()):
        yield from nodes(each)


async def require_bounded(pool: Pool, sql: str, *arguments: object) -> None:
    for mode in ("force_generic_plan", "force_custom_plan"):
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(f"SET LOCAL plan_cache_mode = {mode}")
            require_bounded_plan(await plan_of(connection, sql, arguments))


def require_bounded_plan(plan: dict[str, Any]) -> None:
    kinds = {node["Node Type"] for node in nodes(plan)}
    assert not kinds & {"Sort", "Incremental Sort", "Seq Scan", "Hash Join", "Merge Join"}, plan
    for node in nodes(plan):
        removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
        assert removed * node["Actual Loops"] <= MOST_LOOKED_AT, node
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= MOST_BUFFERS, plan


ENTRIES = [
    {},
    {"actor": "root"},
    {"actor": "rare"},
    {"action": "user.block"},
    {"subject": "user"},
    {"user_id": USER},
    {"user_id": USER, "actor": "rare"},
    {"subject": "user", "user_id": USER, "actor": "rare", "action": "none"},
]


@pytest.mark.parametrize("wanted", ENTRIES, ids=str)
async def test_a_page_of_the_audit_log_reads_little_wherever_it_begins(
    history: Pool, wanted: dict[str, Any]
) -> None:
    for before in (None, numbered(MANY // 2), numbered(50)):
        page = audit_log.WantedEntries(before, Filters(**wanted))
        await require_bounded(history, *page.page(PAGE))


async def test_a_search_among_entries_that_do_not_fit_comes_to_its_end_in_short_pages(history: Pool) -> None:
    reads = CountedReads(history)
    log, found, before = audit_log.PostgresAuditLog(history, reads), 0, None
    filters = Filters(actor="rare", subject="user")
    for calls in range(1, MANY):
        page = await log.page(limit=PAGE, before=before, filters=filters)
        found, before = found + len(page.items), page.more
        assert reads.statements == calls
        if before is None:
            break
    assert found == MANY // ONE_IN


async def test_a_search_for_an_address_reads_little(history: Pool) -> None:
    for prefix, after in (("1", ""), ("1", "15@example.org"), ("12345@", "")):
        last = prefix + users.LAST_CHARACTER
        await require_bounded(history, users.WITH_EMAIL, prefix, last, after, PAGE)


async def test_the_overview_reads_little(history: Pool) -> None:
    await history.execute(
        "INSERT INTO unfinished (prediction_id, put_at, due_at, wait) "
        "SELECT id, now(), now(), 30 FROM predictions ON CONFLICT DO NOTHING"
    )
    await require_bounded(history, predictions.OLDEST)
    await history.execute(
        """
        INSERT INTO figures (step, at, accepted, succeeded, failed, revenue, latencies)
        SELECT 'minute', now() - n * interval '1 minute', 1, 1, 0, 1, '{1}' FROM generate_series(1, 60000) n
        """
    )
    await require_bounded(history, figures.READ, "minute", "60 minutes")


async def test_the_charts_of_versions_read_little(history: Pool) -> None:
    """A day of two versions is 2,880 minutes, whatever else was counted."""
    await history.execute(
        f"""
        INSERT INTO version_counts
        SELECT 'tone', n % 4, date_trunc('minute', now()) - n / 4 * interval '1 minute', 1, 0, 1, 0, 0.1,
            array_fill(1, ARRAY[14]), 0, 0, 0 FROM generate_series(1, {MANY}) n;
        INSERT INTO version_labels SELECT name, version, minute, 'yes', 1 FROM version_counts;
        ANALYZE version_counts, version_labels
        """
    )
    asked = "{tone,tone}", "{1,2}", "1 day"
    for sql, arguments in ((version_counts.BY_STEP, (*asked, "1 hour")), (version_counts.LABELS_OF, asked)):
        async with history.acquire() as connection:
            plan = await plan_of(connection, sql, arguments)
        assert "Seq Scan" not in {node["Node Type"] for node in nodes(plan)}, plan
        assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= MOST_BUFFERS, plan


DEPTHS = [None, *(PredictionId(numbered(number)) for number in (MANY - 50, MANY // 2, 50))]


@pytest.mark.parametrize(
    "model", [None, ("tone", None), ("tone", 1), ("tone", 2), ("spam", None), ("none", 1)]
)
@pytest.mark.parametrize("status", [None, *Status])
async def test_a_page_of_predictions_reads_little_wherever_it_begins(
    history: Pool, status: Status | None, model: tuple[str, int | None] | None
) -> None:
    for before in DEPTHS:
        wanted = WantedPredictions(USER, before, status, model)
        await require_bounded(history, *wanted.page(PAGE))


async def test_the_usage_and_the_sessions_of_a_user_read_a_bounded_part(history: Pool) -> None:
    for sql, arguments in (
        (predictions.USAGE, (USER, UUID(int=0), 1_000)),
        (sessions.OF, (USER, PAGE)),
    ):
        async with history.acquire() as connection:
            plan = await plan_of(connection, sql, arguments)
        assert "Seq Scan" not in {node["Node Type"] for node in nodes(plan)}, plan
        assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= MOST_BUFFERS, plan


@pytest.mark.parametrize("analyzed", [False, True])
async def test_the_other_lists_read_little_wherever_they_begin(history: Pool, analyzed: bool) -> None:
    if analyzed:
        await history.execute("ANALYZE")
    for before in (LAST, numbered(MANY // 2), numbered(50)):
        await require_bounded(history, users.PAGE, before, PAGE)
    for sequence in (balances.LAST, MANY // 2, 50):
        await require_bounded(history, balances.STATEMENT, USER, sequence, PAGE)
    for after in ("", "CODE-3", "CODE-9"):
        await require_bounded(history, promo_codes.PAGE, after, PAGE)


async def test_the_batches_of_chats_that_are_due_are_found_at_once(history: Pool) -> None:
    await require_bounded(history, batch_replies.DUE, 30, "{}")


async def test_a_purge_that_finds_nothing_reads_nothing(history: Pool) -> None:
    for statement in upkeep.PURGES:
        await require_bounded(history, statement)
    await require_bounded(history, upkeep.FORGETTABLE, datetime(1, 1, 2, tzinfo=UTC), upkeep.FIRST)


async def test_a_page_of_somebody_who_was_here_early_does_not_read_what_came_later(history: Pool) -> None:
    """The primary key has everything in the order of the page, too. A plan that follows it finds this user's
    rows only after those of all others."""
    await history.execute(FILL_EARLY)
    for status in (None, Status.SUCCEEDED, Status.QUEUED, Status.FAILED):
        for model in (None, ("tone", None), ("tone", 1), ("spam", None)):
            await require_bounded(history, *WantedPredictions(EARLY, None, status, model).page(PAGE))
    await require_found(history, FEW, predictions.USAGE, EARLY, UUID(int=0), 1_000)
    await require_found(history, FEW, batches.PAGE, EARLY, LAST, PAGE)
    await require_found(history, FEW, webhooks.PAGE, EARLY, LAST, PAGE)
    await require_found(history, FEW, webhook_deliveries.PAGE, EARLY, LAST, PAGE)
    await require_found(history, 0, webhook_deliveries.REPLAY_RANGE, EARLY, UUID(int=0), LAST, "true", PAGE)
    for filters in (
        {"actor": "early"},
        {"action": "early"},
        {"subject": "early"},
        {"user_id": EARLY},
        {"user_id": EARLY, "actor": "early"},
    ):
        sql, *arguments = audit_log.WantedEntries(None, Filters(**filters)).page(PAGE)
        await require_bounded(history, sql, *arguments)


async def require_found(pool: Pool, rows: int, sql: str, *arguments: object) -> None:
    """The plan reads no more than this many rows needs, also where it sorts the few that it found."""
    for mode in ("force_generic_plan", "force_custom_plan"):
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(f"SET LOCAL plan_cache_mode = {mode}")
            plan = await plan_of(connection, sql, arguments)
        read = sum(
            (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
            for node in nodes(plan)
            if node["Node Type"].endswith("Scan") and "Relation Name" in node
        )
        assert rows <= read <= 10 * FEW, plan


class CountedReads(Reads):
    statements = 0

    @override
    async def fetch(self, sql: str, *arguments: object) -> Records:
        self.statements += 1
        return await super().fetch(sql, *arguments)


@pytest.mark.parametrize("status", [None, Status.SUCCEEDED])
@pytest.mark.parametrize("model", [None, ("tone", None), ("tone", 1)])
async def test_a_page_passes_over_the_slices_of_a_huge_batch(
    history: Pool, status: Status | None, model: tuple[str, int | None] | None
) -> None:
    """Nothing is filtered that grows with the batch, no prediction between the slices is lost, and a page is
    one statement."""
    reads = CountedReads(history)
    predictions = PostgresPredictions(history, reads)
    named = model and (model[0] if model[1] is None else f"{model[0]}@{model[1]}")
    found, before, calls = 0, None, 0
    while calls == 0 or before is not None:
        wanted = WantedPredictions(SLICES, before, status, model)
        await require_bounded(history, *wanted.page(PAGE))
        page = await predictions.page(SLICES, limit=PAGE - 1, before=before, status=status, model=named)
        found, before, calls = found + len(page.items), page.more, calls + 1

    assert found == MANY_SLICES / ALONE
    assert calls <= MANY_SLICES / MOST_LOOKED_AT + 1
    assert reads.statements == calls


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELED, Status.EXPIRED])
async def test_rare_ends_are_found_at_once_in_a_long_history(history: Pool, status: Status) -> None:
    predictions = PostgresPredictions(history, Reads(history))

    page = await predictions.page(USER, limit=100, status=status)

    assert len(page.items) == MANY / ONE_IN
    assert page.more is None


async def test_what_is_rare_is_found_by_going_on_and_no_page_is_lost(history: Pool) -> None:
    predictions = PostgresPredictions(history, Reads(history))
    succeeded, before, calls = 0, None, 0
    while calls == 0 or before is not None:
        page = await predictions.page(USER, limit=100, before=before, status=Status.SUCCEEDED, model="spam")
        succeeded, before, calls = succeeded + len(page.items), page.more, calls + 1
    assert succeeded == MANY / ONE_IN
    page = await predictions.page(USER, limit=100, status=Status.FAILED, model="spam")
    assert (page.items, page.more) == ([], None)
