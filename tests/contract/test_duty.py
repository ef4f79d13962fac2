"""One process at a time is the bot, and another takes over from one that left or lost its connection to the
books."""

import os
import signal

import pytest
from asyncpg import Pool

from augury.outbound.postgres import duty
from augury.outbound.postgres.duty import PostgresDuty
from augury.outbound.postgres.locks import DUTY
from tests.adapters import Adapters
from tests.frozen import freeze
from tests.polling import eventually

END_SESSION = """
SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = $1::bigint::oid
"""

SESSION = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = $1::bigint::oid"


async def test_one_process_at_a_time_is_on_duty_and_the_next_follows(adapters: Adapters) -> None:
    first, second = adapters.new_duty(), adapters.new_duty()

    assert await first.take()
    assert not await second.take()
    assert (await first.holds(), await second.holds()) == (True, False)
    await second.leave()  # it was not on duty, so this changes nothing
    assert await first.holds()

    await first.leave()
    assert not await first.holds()
    await eventually(second.take, "the end of the first one's duty")
    assert not await first.take()
    await second.leave()
    await eventually(first.take, "the end of the second one's duty")
    await first.leave()


async def test_who_lost_its_session_knows_and_another_takes_over(pool: Pool) -> None:
    first, second = PostgresDuty(pool), PostgresDuty(pool)
    assert await first.take()

    await pool.execute(END_SESSION, DUTY & 0xFFFFFFFF)

    await eventually(second.take, "the end of the session's lock")
    assert not await first.holds()
    await first.leave()
    assert await second.holds()
    await second.leave()
    await eventually(first.take, "the end of the second one's duty")  # with another connection
    await first.leave()


async def test_who_leaves_a_server_that_fell_silent_does_not_wait_for_it(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duty, "ANSWERS_WITHIN", 0.2)
    first, second = PostgresDuty(pool), PostgresDuty(pool)
    assert await first.take()
    session = await pool.fetchval(SESSION, DUTY & 0xFFFFFFFF)
    freeze(session)
    try:
        assert not await first.holds()
        await first.leave()
    finally:
        os.kill(session, signal.SIGCONT)
    await eventually(second.take, "the end of the session")
    await second.leave()


async def test_who_is_heard_of_no_more_loses_its_duty_to_another(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if a machine vanished or a process hung: the server ends the transaction."""
    monkeypatch.setattr(duty, "KEEP_OPEN", duty.KEEP_OPEN.replace("30s", "300ms"))
    first, second = PostgresDuty(pool), PostgresDuty(pool)
    assert await first.take()

    await eventually(second.take, "the end of the transaction that nobody looked after")

    assert not await first.holds()
    await first.leave()
    await second.leave()
