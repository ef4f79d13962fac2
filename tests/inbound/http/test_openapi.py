from collections.abc import Iterator
from typing import Any

from litestar.routes import HTTPRoute

from augury.application.predictions.submit_prediction import SubmitPrediction
from tests.http_api import PROBLEM, Api

METHODS = {"get", "post", "put", "patch", "delete"}


async def description(api: Api) -> dict[str, Any]:
    response = await api.client().get("/api/openapi.json")
    assert response.headers["content-type"] == "application/json"
    described: dict[str, Any] = response.json()
    return described


def operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in described["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield method, path, operation


def references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in value.items():
            if name == "$ref":
                yield each
            else:
                yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


async def test_every_route_is_described(api: Api) -> None:
    described = {(method, path) for method, path, _ in operations(await description(api))}

    for route in api.app.routes:
        if isinstance(route, HTTPRoute) and not route.path.startswith(("/api", "/metrics")):
            for method in route.methods - {"OPTIONS"}:
                assert (method.lower(), route.path_format) in described


async def test_it_is_openapi_3_1_and_refers_to_nothing_that_is_missing(api: Api) -> None:
    described = await description(api)

    assert described["openapi"].startswith("3.1")
    for reference in references(described):
        kind, name = reference.removeprefix("#/components/").split("/")
        assert name in described["components"][kind]


async def test_every_refusal_is_a_problem_document(api: Api) -> None:
    for method, path, operation in operations(await description(api)):
        for status, response in operation["responses"].items():
            if status >= "400" and (path, status) != ("/health/ready", "503"):
                assert list(response["content"]) == [PROBLEM], (method, path, status)
        assert {"400", "500", "503"} <= set(operation["responses"])


async def test_what_takes_a_credential_says_so_and_may_answer_401(api: Api) -> None:
    secured = 0
    for method, path, operation in operations(await description(api)):
        if operation.get("security"):
            secured += 1
            assert "401" in operation["responses"], (method, path)
        if path.startswith("/admin"):
            assert "403" in operation["responses"]
    assert secured > 15


async def test_what_takes_a_body_may_refuse_it_in_four_ways(api: Api) -> None:
    bodies = 0
    for method, path, operation in operations(await description(api)):
        if "requestBody" in operation:
            bodies += 1
            assert {"400", "413", "415", "422"} <= set(operation["responses"]), (method, path)
            reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
            schema = (await description(api))["components"]["schemas"][reference.rsplit("/", 1)[1]]
            assert schema["additionalProperties"] is False
    assert bodies == 17


async def test_every_operation_says_what_it_does_in_the_words_of_its_use_case(api: Api) -> None:
    described = await description(api)

    for _, path, operation in operations(described):
        assert operation["summary"], path
        assert operation["description"], path
    submit = described["paths"]["/predictions"]["post"]
    assert submit["description"] == SubmitPrediction.__doc__


async def test_operations_have_names_of_their_own(api: Api) -> None:
    names = [operation["operationId"] for _, _, operation in operations(await description(api))]

    assert len(set(names)) == len(names)


async def test_a_submit_is_described_with_its_headers_and_a_body_to_try(api: Api) -> None:
    submit = (await description(api))["paths"]["/predictions/predict"]["post"]

    assert {parameter["name"] for parameter in submit["parameters"]} == {
        "Idempotency-Key",
        "Prefer",
        "traceparent",
    }
    assert {"200", "202", "402", "429"} <= set(submit["responses"])
    assert submit["security"] == [{"bearer": []}, {}]
    [example] = submit["requestBody"]["content"]["application/json"]["examples"].values()
    assert (await api.client().post("/predictions/predict", json=example["value"])).status_code == 202
    assert set(submit["responses"]["202"]["headers"]) == {
        "Location",
        "Idempotent-Replayed",
        "Preference-Applied",
    }


async def test_what_is_done_once_per_key_says_in_a_header_that_it_was_done_before(api: Api) -> None:
    keyed = 0
    for _, path, operation in operations(await description(api)):
        if "Idempotency-Key" in {parameter["name"] for parameter in operation.get("parameters", ())}:
            keyed += 1
            done = [response for status, response in operation["responses"].items() if status < "300"]
            assert done
            assert all("Idempotent-Replayed" in response["headers"] for response in done), path
    assert keyed == 6


async def test_a_prediction_is_described_as_it_is(api: Api) -> None:
    schema = (await description(api))["components"]["schemas"]["PredictionView"]
    prediction = (await api.client().post("/predictions", json={"data": {"text": "a"}})).json()

    assert set(schema["properties"]) == set(prediction) | {"failure"}
    assert set(schema["required"]) == set(prediction)


async def test_signing_in_is_described_with_both_bodies(api: Api) -> None:
    token = (await description(api))["paths"]["/auth/token"]["post"]

    assert set(token["requestBody"]["content"]) == {"application/json", "application/x-www-form-urlencoded"}
