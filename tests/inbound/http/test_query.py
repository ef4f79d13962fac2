"""Query parameters that a route does not have."""

import json
from typing import Any

import pytest

from augury.domain.identifiers import uuid7
from augury.inbound.http.app import openapi
from tests.http_api import TEXT, Api, is_problem

OPERATIONS: list[tuple[str, str, dict[str, Any]]] = [
    (method, path, operation)
    for path, item in json.loads(openapi(base_path=""))["paths"].items()
    for method, operation in item.items()
]
assert len(OPERATIONS) > 30


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=lambda value: str(value)[:60])
async def test_every_route_refuses_a_parameter_that_it_does_not_have(
    api: Api, method: str, path: str, operation: dict[str, Any]
) -> None:
    admin = await api.admin()
    concrete = path.replace("{ref}", "tone@1").replace("{name}", "tone")
    concrete = "/".join(str(uuid7()) if part.startswith("{") else part for part in concrete.split("/"))
    takes = [each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"]

    response = await admin.request(method, f"{concrete}?limt=5")

    assert is_problem(response, 422, "wrong-shape")
    [error] = response.json()["errors"]
    assert error["field"] == "limt"
    assert all(f"`{name}`" in error["message"] for name in takes)
    assert "422" in operation["responses"]


async def test_a_parameter_that_is_given_twice_is_refused(api: Api) -> None:
    response = await (await api.member()).get("/predictions?limit=1&limit=100")

    assert is_problem(response, 422, "wrong-shape")
    assert "more than once" in response.json()["detail"]


async def test_a_wrong_value_is_said_in_words(api: Api) -> None:
    member = await api.member()
    for query, said in (
        ("limit=ten", "`limit` must be a whole number"),
        ("limit=0", "`limit` must be at least 1"),
        ("limit=101", "`limit` must be at most 100"),
        (
            "status=done",
            "`status` must be `queued`, `processing`, `succeeded`, `failed`, `canceled` or `expired`, "
            "not 'done'",
        ),
    ):
        response = await member.get(f"/predictions?{query}")
        assert is_problem(response, 422, "wrong-shape")
        assert said in response.json()["detail"]


async def test_a_parameter_is_refused_under_the_name_that_callers_know(api: Api) -> None:
    """The handler's own name for `range` is another one."""
    response = await (await api.admin()).get("/admin/overview?range=year")

    assert is_problem(response, 422, "wrong-shape")
    assert response.json()["errors"][0]["field"] == "range"
    assert response.json()["detail"] == "`range` must be `hour`, `day` or `month`, not 'year'."


async def test_a_question_mark_alone_is_no_parameter(api: Api) -> None:
    assert (await api.client().post("/predictions?", json=TEXT)).status_code == 202
    assert (await api.client().get("/models?")).status_code == 200
