"""Many deliveries, of which some fail."""

from asyncpg import Pool

from tests.chaos.conftest import Form
from tests.integration.test_webhooks import all_arrive
from tests.postgres_server import database_url, pool

__all__ = ["database_url", "pool"]


async def test_many_deliveries_of_which_some_fail_all_arrive(pool: Pool, form: Form) -> None:
    await all_arrive(pool, form.times(400, 20_000))
