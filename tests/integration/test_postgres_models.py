import asyncio
from datetime import timedelta

from asyncpg import Pool

from augury.application.models.change_model import ChangeModel
from augury.domain.model import ModelState
from augury.outbound.postgres.models import PostgresModels
from augury.outbound.postgres.opening import open_pool
from augury.outbound.postgres.settings import PostgresSettings
from tests.hexagon import a_model


async def test_what_another_process_changed_is_seen_at_once_where_nothing_is_believed(pool: Pool) -> None:
    ours, theirs = PostgresModels(pool), PostgresModels(pool)
    model = a_model()
    await ours.add(model)
    await ours.get(model.ref.name)

    await ChangeModel(models=theirs)(ref=model.ref, row_price=7)

    assert (await ours.get(model.ref.name)).row_price == 7


async def test_what_was_read_is_believed_for_a_while_and_what_we_changed_is_not(pool: Pool) -> None:
    ours, theirs = (PostgresModels(pool, believed=timedelta(hours=1)) for _ in range(2))
    model = a_model()
    await ours.add(model)
    await ours.get(model.ref.name)

    await ChangeModel(models=theirs)(ref=model.ref, row_price=7)
    assert (await ours.get(model.ref.name)).row_price == model.row_price
    await ChangeModel(models=ours)(ref=model.ref, state=ModelState.ACTIVE)

    assert (await ours.get(model.ref.name)).row_price == 7, (
        "what is not believed any more is not stored either"
    )


async def test_requests_at_the_end_of_what_is_believed_read_the_model_once(database_url: str) -> None:
    statements: list[str] = []
    async with open_pool(PostgresSettings(url=database_url, pool_size=1)) as pool:
        models, model = PostgresModels(pool, believed=timedelta(hours=1)), a_model()
        await models.add(model)
        async with pool.acquire() as connection:
            connection.add_query_logger(lambda query: statements.append(query.query))

        found = await asyncio.gather(*(models.get(model.ref.name) for _ in range(64)))

    assert [each.ref for each in found] == [model.ref] * 64
    assert len([each for each in statements if "FROM models" in each]) == 1
