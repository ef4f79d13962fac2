from datetime import UTC, datetime
from typing import cast

import pytest
from asyncpg import Pool

from augury.domain.answer_form import ModelTask
from augury.domain.feature import Feature, FeatureKind
from augury.domain.input_schema import InputSchema
from augury.domain.model import Model, ModelState
from augury.domain.model_facts import ModelFacts
from tests.adapters import MODEL, Adapters, memory_adapters, postgres_adapters
from tests.postgres_server import database_url, pool

__all__ = ["database_url", "pool"]


@pytest.fixture(params=["memory", "postgres"])
def empty(request: pytest.FixtureRequest) -> Adapters:
    """All adapters over an empty store."""
    if request.param == "memory":
        return memory_adapters()
    return postgres_adapters(cast("Pool", request.getfixturevalue("pool")))


@pytest.fixture
async def adapters(empty: Adapters) -> Adapters:
    """All adapters over a store that has the model `tone@1`."""
    await empty.models.add(
        Model(
            ref=MODEL,
            facts=ModelFacts(
                task=ModelTask.CLASSIFICATION,
                schema=InputSchema((Feature("text", FeatureKind.TEXT),)),
                classes=("long", "short"),
                metrics={},
            ),
            sha256="0" * 64,
            row_price=1,
            state=ModelState.ACTIVE,
            created_at=datetime.now(UTC),
        )
    )
    return empty
