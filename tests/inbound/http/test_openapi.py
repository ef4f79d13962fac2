import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from litestar.routes import HTTPRoute

from augury.application.predictions.submit_prediction import SubmitPrediction
from augury.inbound.http.description.examples import PREDICTION_ID
from augury.inbound.http.files.formats import FORM, TYPES
from augury.inbound.http.models.intake import TABLES
from tests.http_api import PROBLEM, Api

METHODS = {"get", "post", "put", "patch", "delete"}
TIME = re.compile(r"\d+ (?:seconds|minutes|hours|days)")
FIXED_TIMES = {"5 seconds", "20 seconds", "30 seconds", "300 seconds", "24 hours", "7 days"}
"""No setting changes these. 30 seconds are an example of `Prefer: wait`."""


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


def texts_of(value: object) -> Iterator[str]:
    """All summaries and descriptions."""
    if isinstance(value, dict):
        for name, each in value.items():
            if name in ("summary", "description") and isinstance(each, str):
                yield each
            else:
                yield from texts_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts_of(each)


def test_every_process_describes_the_api_in_the_same_words() -> None:
    program = "from augury.inbound.http.app import openapi; print(openapi(''))"
    descriptions = {
        subprocess.check_output([sys.executable, "-c", program], env=os.environ | {"PYTHONHASHSEED": seed})
        for seed in ("1", "5")  # a set of two paths has a different order in each
    }
    assert len(descriptions) == 1


async def test_schemas_have_their_published_names(api: Api) -> None:
    described = await description(api)
    schemas = described["components"]["schemas"]

    published = {"EntryPage", "PredictionPage", "Quote", "Replayed", "Submission", "Task"}
    assert {name: schemas[name]["title"] for name in published} == {name: name for name in published}
    assert "ranking" in schemas["Task"]["enum"]
    assert schemas["VersionView"]["properties"]["task"] == {"$ref": "#/components/schemas/Task"}
    in_the_code = {
        "EntryPageView",
        "LettersReplayed",
        "ModelTask",
        "PredictionPageView",
        "QuoteView",
        "SubmitBody",
    }
    assert not in_the_code & set(schemas)
    assert {each.rpartition("/")[2] for each in references(described)} <= set(schemas)


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
            if path in ("/batches", "/admin/models", "/admin/trainings"):
                continue
            reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
            schema = (await description(api))["components"]["schemas"][reference.rsplit("/", 1)[1]]
            assert schema["additionalProperties"] is False
    assert bodies == 27


async def test_every_operation_says_what_it_does_in_the_words_of_its_use_case(api: Api) -> None:
    described = await description(api)

    for _, path, operation in operations(described):
        assert operation["summary"], path
        assert operation["description"], path
    submit = described["paths"]["/predictions"]["post"]
    assert submit["description"] == SubmitPrediction.__doc__


async def test_a_type_is_described_by_its_docstring(api: Api) -> None:
    schemas = (await description(api))["components"]["schemas"]

    assert schemas["PlaceInQueue"]["description"].startswith("The place of a queued prediction. `ahead` is")
    for name in ("BatchView", "PredictionView", "OfferView", "TrainingView", "VersionView", "Problem"):
        assert schemas[name]["description"], name


async def test_each_paragraph_of_a_description_is_one_line(api: Api) -> None:
    described, looked_at = await description(api), 0

    operation_texts = [each["description"] for _, _, each in operations(described)]
    schemas = described["components"]["schemas"].values()
    for text in (
        described["info"]["description"],
        *operation_texts,
        *(each.get("description") for each in schemas),
    ):
        for paragraph in (text or "").split("\n\n"):
            assert paragraph == " ".join(paragraph.split())
            looked_at += 1
    assert looked_at > 100
    assert "\n\n`debt` is" in described["paths"]["/balance"]["get"]["description"]


async def test_a_description_names_the_setting_behind_a_default(api: Api) -> None:
    described = await description(api)

    sentences = {each for text in texts_of(described) for each in re.split(r"(?<=\.)\s", text)}

    unnamed = {each for each in sentences if "AUGURY_" not in each}
    assert {time for each in unnamed for time in TIME.findall(each)} == FIXED_TIMES


async def test_statuses_have_their_names_in_http(api: Api) -> None:
    paths = (await description(api))["paths"]

    assert paths["/balance"]["get"]["responses"]["200"]["description"] == "OK"
    assert paths["/auth/register"]["post"]["responses"]["201"]["description"] == "Created"
    assert paths["/batches"]["post"]["responses"]["202"]["description"] == "Accepted"
    assert paths["/predictions"]["post"]["responses"]["202"]["description"] == "Accepted."


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
    assert keyed == 9


async def test_a_prediction_is_described_as_it_is(api: Api) -> None:
    schema = (await description(api))["components"]["schemas"]["PredictionView"]
    prediction = (await api.client().post("/predictions", json={"data": {"text": "a"}})).json()

    assert set(schema["properties"]) == set(prediction) | {"failure", "queue"}
    assert set(schema["required"]) == set(prediction)


async def test_no_request_has_two_bodies_and_the_form_of_signing_in_is_told_in_words(api: Api) -> None:
    described = await description(api)

    for _, path, operation in operations(described):
        if "requestBody" in operation:
            kinds = list(operation["requestBody"]["content"])
            if path == "/batches":
                assert kinds == [*TYPES.values(), FORM]  # each can send the same file
            elif path.endswith("/infer"):  # the bytes of tensors may follow the JSON
                assert kinds == ["application/json", "application/octet-stream"]
            elif path == "/admin/models":
                assert kinds == ["application/octet-stream", FORM]
            elif path == "/admin/trainings":
                assert kinds == [*TABLES, FORM]
            else:
                assert kinds == ["application/json"], path
    assert "application/x-www-form-urlencoded" in described["paths"]["/auth/token"]["post"]["description"]


async def test_every_array_has_items_and_every_object_says_what_is_in_it(api: Api) -> None:
    described, looked_at = await description(api), 0

    def look(schema: object, where: str) -> None:
        nonlocal looked_at
        if isinstance(schema, list):
            for each in schema:
                look(each, where)
        if not isinstance(schema, dict):
            return
        kinds = schema.get("type")
        kinds = kinds if isinstance(kinds, list) else [kinds]
        if "array" in kinds:
            assert "items" in schema, where
        if "object" in kinds:
            assert {"properties", "additionalProperties"} & set(schema), where
        looked_at += 1
        for name, each in schema.items():
            if name not in ("examples", "example"):
                look(each, f"{where}/{name}")

    look(described["components"]["schemas"], "")
    look(described["paths"], "")
    assert looked_at > 100


async def test_every_schema_is_referred_to(api: Api) -> None:
    described = await description(api)

    assert set(described["components"]["schemas"]) == {
        reference.rpartition("/")[2] for reference in references(described)
    }


async def test_every_refusal_has_an_example_that_the_service_really_answers(api: Api) -> None:
    for method, path, operation in operations(await description(api)):
        for status, response in operation["responses"].items():
            if PROBLEM not in response.get("content", {}):
                continue
            examples = response["content"][PROBLEM].get("examples", {})
            assert examples, (method, path, status)
            for example in examples.values():
                assert example["value"]["status"] == int(status), (method, path)
                assert example["value"]["type"].startswith("urn:augury:")
                assert "{" not in example["value"]["detail"].replace('{"data": {…}}', "")


@pytest.mark.parametrize(
    ("method", "path", "sent", "status"),
    [
        ("get", "/predictions/{prediction_id}", {}, "404"),
        ("post", "/predictions", {"json": {"data": {"text": "a"}, "model": "tune"}}, "404"),
        ("post", "/predictions", {"json": {"data": []}}, "422"),
        ("post", "/predictions", {"json": {"data": {}}}, "422"),
        ("post", "/predictions", {"json": {"data": [{"text": "a"}] * 2}}, "402"),
        ("post", "/predictions", {"content": b"a", "headers": {"Content-Type": "text/plain"}}, "415"),
        ("get", "/models/{name}", {}, "404"),
        ("get", "/models/{name}?limt=1", {}, "422"),
        ("get", "/admin/queue", {}, "403"),
        ("delete", "/users/me/api-keys/{key_id}", {}, "404"),
    ],
)
async def test_the_examples_are_what_is_answered(
    api: Api, method: str, path: str, sent: dict[str, Any], status: str
) -> None:
    member = await api.member(credits=1)
    operation = (await description(api))["paths"][path.partition("?")[0]][method]
    examples = operation["responses"][status]["content"][PROBLEM]["examples"].values()
    ids = {"prediction_id": str(PREDICTION_ID), "key_id": str(PREDICTION_ID), "name": "tune"}

    response = await member.request(method, path.format(**ids), **sent)

    assert response.json() in [example["value"] for example in examples]


async def test_guests_are_let_in_where_it_says_so_and_nobody_into_the_administration(api: Api) -> None:
    for _, path, operation in operations(await description(api)):
        if path.startswith("/admin"):
            assert operation["security"] == [{"bearer": []}], path
        elif {} in operation.get("security", []):
            one = "/predictions/{prediction_id}"
            assert path in ("/predictions", "/predictions/predict", one, f"{one}/events")


async def test_no_header_is_filled_in_that_names_one_request(api: Api) -> None:
    for _, path, operation in operations(await description(api)):
        for parameter in operation.get("parameters", ()):
            if parameter["name"] in ("traceparent", "Idempotency-Key"):
                assert "example" not in repr(parameter), path
