"""The SDK's own client of both eras, against two API processes with agents switched on, and a worker."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncpg
import httpx
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import TextResourceContents

from augury.domain.model import ModelRef
from augury.outbound.model_store import FolderModelStore
from augury.outbound.postgres.models import PostgresModels
from tests.catboost_models import binary_model, many_classes_model, registered
from tests.documented import printed_by
from tests.integration.test_service import member
from tests.processes import Service

MOST_MEMORY = 135 * 2**20
ROW = {"age": 33, "city": "Paris", "text": "good day"}


@pytest.fixture
async def services(
    database_url: str, pool: asyncpg.Pool, rabbitmq_url: str, tmp_path: Path
) -> AsyncIterator[tuple[Service, Service]]:
    """Two API processes over the same books."""
    one, other = (Service(database_url, rabbitmq_url, tmp_path, {"mcp": True}) for _ in range(2))
    store, models = FolderModelStore(tmp_path / "models"), PostgresModels(pool)
    for name, file in {"tone": many_classes_model, "mixed": binary_model}.items():
        model = await registered(file(tmp_path / f"{name}.cbm"), store)
        await models.add(replace(model, ref=ModelRef(name, 1), row_price=2))
    with one, other:
        yield one, other


@asynccontextmanager
async def agent(service: Service, headers: dict[str, str], era: str) -> AsyncIterator[Client]:
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60) as http,
        Client(streamable_http_client(f"{service.url}/mcp", http_client=http), mode=era) as client,
    ):
        yield client


async def test_agents_of_both_eras_use_models_for_credits_at_any_process(
    services: tuple[Service, Service],
) -> None:
    one, other = services
    one.worker()
    api = one.api()
    other._count = 10  # its log files stand beside those of the first
    other.api()
    async with httpx.AsyncClient(base_url=one.url, timeout=60) as http:
        headers = await member(one, http, "agent", 100)
        key = (await http.post("/users/me/api-keys", json={"name": "agent"}, headers=headers)).json()["key"]
        headers = {"Authorization": f"Bearer {key}"}
        found: list[str] = []
        for era in ("legacy", "2026-07-28", "auto"):
            async with agent(one, headers, era) as client:
                tools = {tool.name: tool for tool in (await client.list_tools()).tools}
                assert {"predict_tone", "predict_mixed"} <= set(tools)
                assert "Costs 2 credits for each row" in (tools["predict_mixed"].description or "")
                result = await client.call_tool("predict_mixed", {"rows": [ROW, ROW | {"age": None}]})
                assert not result.is_error, result
                assert result.structured_content["charged"] == 4
                assert [each["label"] for each in result.structured_content["output"]] == ["1", "1"]
                found.append(result.structured_content["id"])
                [card] = (await client.read_resource("augury://models/tone")).contents
                assert isinstance(card, TextResourceContents)
                assert json.loads(card.text)["row_price"] == 2
        said = await asyncio.to_thread(printed_by, "mcp.md", url=one.url, key=key)
        assert said.splitlines()[-1].endswith(" 2"), "what the last line says was charged"
        for era in ("legacy", "2026-07-28"):
            async with agent(other, headers, era) as client:
                for each in found:
                    read = await client.call_tool("read_prediction", {"prediction_id": each})
                    assert read.structured_content["status"] == "succeeded"
                balance = await client.call_tool("balance")
                assert balance.structured_content == {"available": 86, "held": 0}
    print(f"API with agents: {api.memory / 2**20:.0f} MiB")
    assert api.memory < MOST_MEMORY
    assert "the books balance" in one.augury("ledger", "verify")
