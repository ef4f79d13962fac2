"""One process's clock steps back by a minute, under libfaketime, while the others' go on."""

import os
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from tests.chaos.conftest import Form, Scenario
from tests.chaos.customers import PLAIN, Customers
from tests.chaos.world import until

LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
MISSING = "libfaketime is not installed (Debian's package faketime): no clock can be stepped"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock(tmp_path: Path) -> Path:
    """The file that says how far a process's clock is off."""
    if LIBRARY is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(MISSING)
    file = tmp_path / "clock"
    file.write_text("+0")
    return file


def variables(clock: Path) -> dict[str, str]:
    return {
        "LD_PRELOAD": str(LIBRARY),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }


@pytest.mark.parametrize("whose", ["api", "worker"])
async def test_the_clock_steps_back_by_a_minute(
    scenario: Scenario, form: Form, clock: Path, whose: str
) -> None:
    world, customers = scenario.world, scenario.customers
    if whose == "api":
        await world.api(variables=variables(clock))
        await world.worker()
    else:
        await world.open(workers=1)
        await world.worker(variables=variables(clock))
        world.processes[1].stop()  # so that the process with the wrong clock runs everything
    await customers.arrive(4)
    async with customers.busy():
        for _ in range(form.times(1, 5)):
            clock.write_text("-60")
            world.faults += 1
            await until(partial(_is_behind, customers, whose), what="a time of a minute ago")
            await customers.arrive(1)  # a token that is issued now has this time
            clock.write_text("+0")
            accepted = len(customers.accepted)
            await until(partial(scenario.has_accepted, accepted + 20), what="20 more predictions")
    await scenario.holds()


async def _is_behind(customers: Customers, whose: str) -> bool:
    order = customers.new_order(customers.people[0], PLAIN)
    await customers.submit(order, wait=5)
    answer = order.answers[-1]
    time = answer["created_at"] if whose == "api" else answer["finished_at"]
    return time is not None and datetime.now(UTC) - datetime.fromisoformat(time) > MINUTE / 2
