"""Model files that are missing, truncated or changed; a model that is retired; a disk that is full."""

import asyncio
import os
from pathlib import Path

import pytest

from tests.catboost_models import binary_model
from tests.chaos.conftest import Form, Scenario
from tests.chaos.customers import PLAIN, Customers, Order
from tests.processes import run


def missing(file: Path) -> None:
    file.unlink()


def truncated(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def changed(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


DAMAGES = {"first": missing, "second": truncated, "third": changed}
"""By the model whose file is damaged."""
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a disk that is small")


async def test_model_files_are_missing_truncated_and_changed(scenario: Scenario, form: Form) -> None:
    """Customers of a damaged model get their credits back. Customers of the intact one notice nothing."""
    world, customers = scenario.world, scenario.customers
    await world.open()
    await customers.arrive(2)
    hit: list[Order] = []
    for name, damage in DAMAGES.items():
        damage(await world.model_file(name))
        world.faults += 1
        hit += await _orders(customers, name, form.times(10, 100))
        await _orders(customers, "tone", form.times(10, 100))
    await world.worker()
    await scenario.holds(failed=frozenset(order.tag for order in hit))
    assert {answer["failure"] for answer in await customers.stored(hit)} == {"model_unavailable"}


async def test_a_model_is_retired_while_its_predictions_are_queued(scenario: Scenario, form: Form) -> None:
    world, customers = scenario.world, scenario.customers
    await world.open()
    await customers.arrive(2)
    queued = await _orders(customers, "tone", form.times(10, 100))
    retired = run("model", "retire", "tone@1", env=world.env())
    assert retired.returncode == 0, retired.stderr
    world.faults += 1
    await world.worker()
    await world.settled()
    assert {answer["status"] for answer in await customers.stored(queued)} == {"succeeded"}
    await scenario.holds()


@needs_root
async def test_the_disk_of_the_models_is_full(scenario: Scenario, tmp_path: Path) -> None:
    """A model that cannot be stored is refused in one line. No part of it is left, and the others still
    work."""
    world, customers = scenario.world, scenario.customers
    new = binary_model(tmp_path / "new.cbm")
    size = sum(file.stat().st_size for file in world.models.iterdir())
    with world.small_disk_for_models(size + 65_536) as full:
        await world.open(workers=1)
        await customers.arrive(2)
        full()
        world.faults += 1
        before = sorted(file.name for file in world.models.iterdir())
        async with customers.busy():
            add = ("model", "add", str(new), "--name", "new")
            refused = await asyncio.to_thread(run, *add, env=world.env())
        assert refused.returncode == 1
        assert refused.stderr.count("\n") == 1, refused.stderr
        assert "No space left on device" in refused.stderr
        assert sorted(file.name for file in world.models.iterdir()) == before
        await scenario.holds()


async def _orders(customers: Customers, model: str, count: int) -> list[Order]:
    customers.model = model
    orders = [customers.new_order(customers.people[n % len(customers.people)], PLAIN) for n in range(count)]
    for order in orders:
        await customers.submit(order)
    customers.model = None
    return orders
