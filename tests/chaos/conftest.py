"""Chaos: real processes, a real broker and a real database, of which something breaks.

uv run pytest tests/chaos                 the short form, as CI runs it uv run pytest tests/chaos --long
more of everything, and no shortened timeouts uv run pytest tests/chaos --seed 17       the same customers as
in another run with this seed
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from augury.domain.model import Model
from augury.outbound.catboost.loaded import LoadedModel
from augury.outbound.catboost.loading import load_model
from augury.outbound.postgres.migrations import migrate
from augury.outbound.postgres.models import PostgresModels
from augury.outbound.postgres.opening import open_pool
from augury.outbound.postgres.settings import PostgresSettings
from tests.chaos.customers import ADMIN, PASSWORD, Customers
from tests.chaos.models import offer_models
from tests.chaos.postgres import TEMPLATE, StoppablePostgres, stoppable_postgres
from tests.chaos.promise import kept
from tests.chaos.table import Figures, note
from tests.chaos.world import SETTINGS, World, new_world
from tests.processes import environment, run
from tests.rabbitmq_server import RabbitServer, rabbitmq

__all__ = ["rabbitmq"]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("chaos")
    group.addoption("--long", action="store_true", help="chaos: the long form, which waits for everything")
    group.addoption("--seed", default="1", help="chaos: what the customers' dice begin with")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long", False):
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.timeout(3600))


@dataclass(frozen=True, slots=True)
class Form:
    """The short or the long form of a run."""

    long: bool
    seed: str

    def times(self, short: int, long: int) -> int:
        return long if self.long else short


@pytest.fixture(scope="session")
def form(pytestconfig: pytest.Config) -> Form:
    return Form(pytestconfig.getoption("--long", False), pytestconfig.getoption("--seed", "1"))


@pytest.fixture(scope="session")
def postgres(models: Path) -> Iterator[StoppablePostgres]:
    """A server whose template database has the schema, the models and an administrator."""
    with stoppable_postgres() as server:
        asyncio.run(server.execute(f"CREATE DATABASE {TEMPLATE}"))
        migrate(server.url(TEMPLATE))
        asyncio.run(offer_models(server.url(TEMPLATE), models))
        own = {"database_url": server.url(TEMPLATE), "models_dir": models, "rabbitmq_url": "amqp://nowhere"}
        env = environment(**(SETTINGS | own))
        made = run("user", "create", ADMIN, "--admin", "--password", PASSWORD, env=env)
        assert made.returncode == 0, made.stderr
        yield server


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def model(models: Path, postgres: StoppablePostgres) -> LoadedModel:
    """The model that all customers use, loaded in this process."""

    async def tone() -> Model:
        async with open_pool(PostgresSettings(url=postgres.url(TEMPLATE))) as pool:
            return await PostgresModels(pool).get("tone")

    made = asyncio.run(tone())
    return load_model(models / f"{made.sha256}.cbm", made)


@pytest.fixture
def world(
    postgres: StoppablePostgres, rabbitmq: RabbitServer, models: Path, tmp_path: Path, form: Form
) -> Iterator[World]:
    with (
        rabbitmq.lent_url() as url,
        new_world(postgres, rabbitmq, url, models, tmp_path, real_time=form.long) as made,
    ):
        yield made


@dataclass
class Scenario:
    """One world, its customers, and its line of the table."""

    name: str
    world: World
    customers: Customers
    model: LoadedModel
    item: pytest.Item

    async def holds(self, **expected: Any) -> Figures:
        """Wait until everything is done, check the promise, and note the figures."""
        figures = await kept(self.world, self.customers, self.model, **expected)
        note(self.item, self.name, figures)
        return figures

    async def has_accepted(self, wanted: int) -> bool:
        """Whether at least so many predictions were accepted."""
        return len(self.customers.accepted) >= wanted


@pytest.fixture
async def scenario(
    world: World, model: LoadedModel, form: Form, request: pytest.FixtureRequest
) -> AsyncIterator[Scenario]:
    name = request.node.name.removeprefix("test_").replace("_", " ").replace("[", ": ").rstrip("]")
    customers = Customers(world, f"{form.seed} {name}")
    yield Scenario(name, world, customers, model, request.node)
    await customers.close()
