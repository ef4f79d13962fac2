"""Every answer to arbitrary requests is one that the API's description has."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from augury.domain.user import Role
from augury.inbound.http.app import openapi
from tests.hexagon import Hexagon
from tests.http_api import PROBLEM, SETTINGS, Api, serving

ROUTING = {"404", "405"}
"""The statuses that any path may answer."""
JSON = {"Content-Type": "application/json"}

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
known_names = st.sampled_from(
    [
        "data",
        "model",
        "expires_in",
        "email",
        "password",
        "refresh_token",
        "credits",
        "payment",
        "name",
        "text",
    ]
)
objects = st.dictionaries(known_names | texts, values, max_size=5)
bodies = (objects | values).map(lambda value: json.dumps(value).encode()) | st.binary(max_size=40)
queries = st.dictionaries(st.sampled_from(["limit", "cursor", "status", "model"]), texts, max_size=3)
path_values = st.sampled_from([str(uuid4()), "tone", "me"]) | texts.filter(
    lambda text: text.strip("./") != ""
)


OPERATIONS: list[tuple[str, str, dict[str, Any]]] = [
    (method, path, operation)
    for path, item in json.loads(openapi(base_path=""))["paths"].items()
    for method, operation in item.items()
    if isinstance(operation, dict) and "responses" in operation
]


@pytest.fixture
async def api(hexagon: Hexagon) -> AsyncIterator[Api]:
    """Its streams of events end at once: clients in the process read a response to its end."""
    async with serving(hexagon, settings=replace(SETTINGS, stream_lifetime=timedelta(milliseconds=1))) as api:
        yield api


async def send_junk(api: Api, data: st.DataObject) -> None:
    client = api.client_of(await api.hexagon.user(credits=3, role=Role.ADMIN))
    method, path, operation = data.draw(st.sampled_from(OPERATIONS))
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", quote(data.draw(path_values), safe=""))
    response = await client.request(
        method,
        path,
        params=data.draw(queries),
        content=data.draw(bodies) if "requestBody" in operation else None,
        headers=JSON,
    )
    assert response.status_code < 500, (method, path, response.text)
    assert str(response.status_code) in set(operation["responses"]) | ROUTING, (method, path, response.text)
    if response.status_code >= 400:
        assert response.headers["content-type"] == PROBLEM
        assert response.json()["status"] == response.status_code


@settings(
    max_examples=400,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # one request is small enough without shrinking
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
async def test_no_junk_is_answered_but_as_described(api: Api, data: st.DataObject) -> None:
    await send_junk(api, data)
