from datetime import UTC, datetime, timedelta

import pytest

from augury.application.operation.ports import Process, ProcessRole
from augury.domain.audit import Act, Action, Author
from augury.domain.deviation import Deviation, DeviationCode
from augury.domain.figures import Figures, Step, latencies_of
from augury.domain.identifiers import uuid7
from augury.domain.ledger_check import CheckUnderWay
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from tests.adapters import Adapters

COUNTED = Figures(accepted=5, succeeded=3, failed=1, revenue=7, latencies=latencies_of([0.004, 0.3, 1000]))
WORKER = Process(id=uuid7(), part=ProcessRole.WORKER)
API = Process(id=uuid7(), part=ProcessRole.API)
ACT = Act(author=Author(system_user="root", request_id="r"), action=Action.CHECK_LEDGER, subject="ledger")
SOON = timedelta(minutes=1)


async def total(adapters: Adapters, step: Step, most: int = 2) -> Figures:
    """Of the last two, for a minute may end during a test."""
    return sum((each.figures for each in await adapters.figures.read(step, most=most)), Figures())


async def test_what_processes_count_is_added_up_by_minute_hour_and_day(adapters: Adapters) -> None:
    await adapters.figures.add(WORKER, COUNTED)
    await adapters.figures.add(API, COUNTED)
    await adapters.figures.add(API, Figures())

    for step in Step:
        assert await total(adapters, step) == COUNTED + COUNTED
        [*_, newest] = await adapters.figures.read(step, most=2)
        assert newest.at <= datetime.now(UTC)
        assert (newest.at.second, newest.at.microsecond) == (0, 0)


async def test_only_the_last_points_are_read_and_old_ones_are_purged(adapters: Adapters) -> None:
    await adapters.figures.add(WORKER, COUNTED)
    await adapters.pass_time(timedelta(days=3))
    await adapters.upkeep.purge()

    assert await adapters.figures.read(Step.MINUTE, most=60 * 24 * 7) == []
    assert await total(adapters, Step.HOUR, most=24 * 7) == COUNTED
    assert await adapters.figures.read(Step.HOUR, most=24) == []
    await adapters.pass_time(timedelta(days=38))
    await adapters.upkeep.purge()
    assert await adapters.figures.read(Step.HOUR, most=24 * 90) == []
    assert await total(adapters, Step.DAY, most=90) == COUNTED
    await adapters.pass_time(timedelta(days=800))
    await adapters.upkeep.purge()
    assert await adapters.figures.read(Step.DAY, most=2_000) == []


async def test_a_process_is_alive_for_a_while_after_its_last_sign_of_life(adapters: Adapters) -> None:
    await adapters.figures.add(WORKER, Figures())
    await adapters.figures.add(API, COUNTED)
    assert set(await adapters.figures.alive(within=SOON)) == {WORKER, API}

    await adapters.figures.leave(API)
    assert await adapters.figures.alive(within=SOON) == [WORKER]
    await adapters.pass_time(timedelta(minutes=2))
    assert await adapters.figures.alive(within=SOON) == []
    await adapters.figures.add(WORKER, Figures())
    assert await adapters.figures.alive(within=SOON) == [WORKER]
    await adapters.pass_time(timedelta(days=2))
    assert await adapters.upkeep.purge() >= 1


async def test_the_oldest_unfinished_prediction_is_known(adapters: Adapters) -> None:
    assert await adapters.predictions.oldest_waiting() is None
    user_id = await adapters.user(credits=3)
    first, second = await adapters.predictions_of(user_id, 2)

    assert await adapters.predictions.oldest_waiting() == first.created_at
    await adapters.settled(first)
    assert await adapters.predictions.oldest_waiting() == second.created_at


async def test_a_check_of_the_books_shows_its_progress_and_its_result(adapters: Adapters) -> None:
    runs, run_id = adapters.ledger_runs, uuid7()
    begun = await runs.begin(run_id, silent_for=SOON, act=ACT)
    assert (begun.id, begun.state, begun.done) == (run_id, "running", 0)
    with pytest.raises(CheckUnderWay):
        await runs.begin(uuid7(), silent_for=SOON, act=ACT)

    await runs.progress(run_id, done=3, total=12)
    [seen] = await runs.last(most=5, silent_for=SOON)
    assert (seen.done, seen.total, seen.state) == (3, 12, "running")
    found = [
        Deviation.of(DeviationCode.NO_BALANCE, user="0190"),
        Deviation.of(DeviationCode.MORE, count=1),
    ]
    await runs.end(run_id, deviations=2, found=found)
    await runs.end(run_id, deviations=None, failure=Reason.of(ReasonCode.PROCESS_ENDED))
    [seen] = await runs.last(most=5, silent_for=SOON)
    assert (seen.state, seen.deviations, list(seen.found), seen.done) == ("finished", 2, found, 12)

    assert len((await adapters.audit_log.page(limit=9)).items) == 1


async def test_a_check_whose_process_has_ended_makes_room_for_another(adapters: Adapters) -> None:
    runs = adapters.ledger_runs
    await runs.begin(uuid7(), silent_for=SOON, act=ACT)
    await adapters.pass_time(timedelta(minutes=2))

    await runs.begin(uuid7(), silent_for=SOON, act=ACT)

    newest, oldest = await runs.last(most=5, silent_for=SOON)
    assert (newest.state, oldest.state) == ("running", "interrupted")
    await runs.end(newest.id, deviations=None, failure=Reason.of(ReasonCode.INTERRUPTED, error="no disk"))
    [failed] = await runs.last(most=1, silent_for=SOON)
    assert (failed.state, failed.failure) == ("failed", Reason.of(ReasonCode.INTERRUPTED, error="no disk"))
    await adapters.pass_time(timedelta(days=31))
    await adapters.upkeep.purge()
    assert await runs.last(most=5, silent_for=SOON) == []
