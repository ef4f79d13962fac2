"""Inference by the Open Inference Protocol is a prediction: held, charged, once per key, and the caller's."""

import json
import struct
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from augury.application.ports import Unavailable
from augury.domain.api_key import KeyScope, SpendingLimits
from augury.domain.feature import Feature, FeatureKind
from augury.domain.identifiers import UserId, uuid7
from augury.domain.prediction import Status
from augury.outbound.memory import predictions as memory
from augury.outbound.memory.predictions import MemoryPredictions
from tests.hexagon import Hexagon, a_model
from tests.http_api import SETTINGS, Api, is_problem, serving
from tests.inbound.http.inference.infer import (
    HEADER,
    TONE,
    data_of,
    in_bytes,
    inferred,
    prefixed,
    tensor,
    texts,
)

FEATURES = (
    Feature("age", FeatureKind.NUMERIC),
    Feature("city", FeatureKind.CATEGORICAL, ("Oslo", "Rome")),
    Feature("born", FeatureKind.DATE),
    Feature("vector", FeatureKind.EMBEDDING, length=2),
)
MIXED = a_model("mixed", row_price=2, features=FEATURES)
MIXED_URL = "/v2/models/mixed/infer"

DATATYPES: list[tuple[str, str, list[Any]]] = [
    ("BOOL", "?", [True, False]),
    ("UINT8", "B", [0, 255]),
    ("UINT16", "H", [0, 65_535]),
    ("UINT32", "I", [0, 2**32 - 1]),
    ("UINT64", "Q", [0, 2**64 - 1]),
    ("INT8", "b", [-128, 127]),
    ("INT16", "h", [-(2**15), 2**15 - 1]),
    ("INT32", "i", [-(2**31), 2**31 - 1]),
    ("INT64", "q", [-(2**63), 2**63 - 1]),
    ("FP16", "e", [-1.5, 2.0]),
    ("FP32", "f", [-1.5, 2.0]),
    ("FP64", "d", [-1.5, 1e300]),
]

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"inputs": [{"name": "text", "shape": [1]}]}, "`inputs[0].datatype` is missing"),
    ({"inputs": [tensor("text", "BYTES", ["a"]) | {"dtype": 1}]}, "`inputs[0].dtype` is unknown"),
    (texts("a") | {"outputs": [{}]}, "`outputs[0].name` is missing"),
    ({"inputs": []}, "inputs"),
    ({}, "`inputs` is missing"),
    (texts("a") | {"input": []}, "`input` is unknown"),
    (texts("a") | {"parameters": {"max_prise": 1}}, "`parameters.max_prise` is not supported"),
    (texts("a") | {"parameters": {"max_price": -1}}, "`parameters.max_price` must be a whole number"),
    (texts("a") | {"parameters": {"max_price": 1.5}}, "`parameters.max_price` must be a whole number"),
    (texts("a") | {"parameters": {"max_price": True}}, "`parameters.max_price` must be a whole number"),
    (texts("a") | {"parameters": {"binary_data_output": 1}}, "must be true or false"),
    ({"inputs": [tensor("text", "STRING", ["a"])]}, "datatype"),
    ({"inputs": [tensor("text", "BYTES", ["a"], 2)]}, "has 1 elements; its shape [2] has 2"),
    ({"inputs": [tensor("text", "BYTES", ["a"], 1, 1, 1)]}, "shape"),
    ({"inputs": [tensor("text", "BYTES", ["a"], -1)]}, "shape"),
    ({"inputs": [tensor("text", "BYTES", ["a", "b"], 1, 2)]}, "one element for each row"),
    ({"inputs": [tensor("text", "BYTES", [], 1, 0)]}, "one element for each row"),
    ({"inputs": [tensor("text", "BYTES", [["a", "b"]], 2, 1)]}, "nested"),
    ({"inputs": [tensor("text", "BYTES", [["a"], "b"], 2)]}, "nested"),
    ({"inputs": [tensor("text", "BYTES", [1])]}, "must have strings"),
    ({"inputs": [tensor("text", "FP32", ["a"])]}, "must have numbers"),
    ({"inputs": [tensor("text", "BOOL", [1])]}, "must have booleans"),
    ({"inputs": [tensor("text", "UINT8", [256])]}, "from 0 to 255"),
    ({"inputs": [tensor("text", "INT8", [1.5])]}, "from -128 to 127"),
    ({"inputs": [tensor("text", "BYTES", ["a"])] * 2}, "two inputs"),
    ({"inputs": [tensor("text", "BYTES", ["a"]), tensor("b", "INT8", [1, 2])]}, "have 1 and 2 rows"),
    ({"inputs": [{"name": "text", "shape": [1], "datatype": "BYTES"}]}, "either `data` or"),
    ({"inputs": [tensor("text", "BYTES", ["a"]) | {"data": "a"}]}, "must have a list"),
    ({"inputs": [tensor("text", "BYTES", ["a"]) | {"parameters": {"shared_memory_region": "x"}}]}, "not"),
    ({"inputs": [tensor("text", "BYTES", ["YQ=="]) | {"parameters": {"content_type": "base64"}}]}, "64"),
    (texts("a") | {"outputs": [{"name": "label", "parameters": {"classification": 2}}]}, "not supported"),
    (texts("a") | {"id": "x" * 256}, "`id` must be 1 to 255"),
]

UNFIT: list[tuple[bytes, str]] = [
    (b"", "ends after 0 of 1 elements"),
    (b"\x01\x00\x00", "ends after 0 of 1 elements"),
    (b"\x05\x00\x00\x00abcd", "ends within its element 0"),
    (b"\xff\xff\xff\xffabcd", "ends within its element 0"),
    (prefixed("a", "b"), "bytes after its last element"),
    (b"\x01\x00\x00\x00\xff", "not UTF-8"),
]


@pytest.fixture
async def impatient(hexagon: Hexagon) -> AsyncIterator[Api]:
    """An API that waits for nothing."""
    async with serving(hexagon, settings=replace(SETTINGS, max_wait=timedelta(0))) as api:
        yield api


def mixed(api: Api, **others: dict[str, Any]) -> dict[str, Any]:
    api.hexagon.memory.state.models[MIXED.ref] = MIXED
    inputs = {
        "age": tensor("age", "FP64", [33.5, None]),
        "city": tensor("city", "BYTES", ["Oslo", "Rome"]),
        "born": tensor("born", "BYTES", ["2026-11-28", None]),
        "vector": tensor("vector", "FP32", [0.5, 1, 2, 3], 2, 2),
    }
    return {"inputs": list((inputs | others).values())}


def fails(response: httpx.Response, status: int, name: str) -> bool:
    """Whether this is the problem document, in which the protocol's clients find its words."""
    assert is_problem(response, status, name)
    problem = response.json()
    rows = [each for each in problem.get("errors", ()) if each["row"] is not None]
    more = f" Row {rows[0]['row']}: `{rows[0]['field']}` {rows[0]['message']}." if rows else ""
    assert problem["error"] == problem["detail"] + more
    return True


async def rows_of(api: Api, response: httpx.Response) -> Any:
    """The rows that were stored for the prediction of this answer."""
    wanted = response.json()["parameters"]["prediction_id"]
    [stored] = [each for key, each in api.hexagon.memory.state.predictions.items() if str(key) == wanted]
    assert stored.input is not None
    return json.loads(stored.input)


async def test_an_answer_tells_its_cost_and_whose_it_is(api: Api) -> None:
    client = await api.member(credits=10)

    answer = await inferred(api, client, texts("short", "a long text, surely") | {"id": "order-1"})

    assert data_of(answer, "label") == ["short", "long"]
    assert data_of(answer, "error") == ["", ""]
    said = answer.json()
    assert (said["model_name"], said["model_version"], said["id"]) == ("tone", "1", "order-1")
    assert said["parameters"].keys() == {
        "prediction_id",
        "price",
        "charged",
        "error_count",
        "warning_count",
    }
    assert (said["parameters"]["price"], said["parameters"]["charged"]) == (2, 2)
    assert (await client.get("/balance")).json() == {"available": 8, "held": 0}
    read = await client.get(f"/predictions/{said['parameters']['prediction_id']}")
    assert [each["label"] for each in read.json()["output"]] == ["short", "long"]


async def test_probabilities_are_one_row_for_each_answer_and_their_classes_are_named(api: Api) -> None:
    answer = await inferred(api, await api.member(credits=1), texts("short"))

    [found] = [each for each in answer.json()["outputs"] if each["name"] == "probabilities"]
    assert found["shape"] == [1, 2]
    assert found["datatype"] == "FP64"
    assert found["parameters"] == {"names": '["long","short"]'}
    assert found["data"] == [None, None], "this model gives none"


async def test_a_column_may_be_flat_or_nested(api: Api) -> None:
    client = await api.member(credits=8)
    columns: list[list[Any]] = [["a", "b"], [["a"], ["b"]]]
    for data in columns:
        for shape in ([2], [2, 1]):
            request = {"inputs": [tensor("text", "BYTES", data, *shape)]}

            answer = await inferred(api, client, request)

            assert await rows_of(api, answer) == [{"text": "a"}, {"text": "b"}]


async def test_columns_of_every_kind_become_rows_with_missing_values(api: Api) -> None:
    answer = await inferred(api, await api.member(credits=4), mixed(api), MIXED_URL)

    assert answer.status_code == 200, answer.text
    assert await rows_of(api, answer) == [
        {"age": 33.5, "city": "Oslo", "born": "2026-11-28", "vector": [0.5, 1]},
        {"age": None, "city": "Rome", "born": None, "vector": [2, 3]},
    ]


async def test_the_binary_form_means_the_same(api: Api) -> None:
    parts = (
        struct.pack("<2d", 33.5, float("nan")),
        prefixed("Oslo", "Rome"),
        prefixed("2026-11-28", ""),
        struct.pack("<4f", 0.5, 1, 2, 3),
    )
    body, headers = in_bytes(mixed(api), *parts)

    answer = await inferred(api, await api.member(credits=4), body, MIXED_URL, headers)

    assert answer.status_code == 200, answer.text
    assert await rows_of(api, answer) == [
        {"age": 33.5, "city": "Oslo", "born": "2026-11-28", "vector": [0.5, 1.0]},
        {"age": None, "city": "Rome", "born": None, "vector": [2.0, 3.0]},
    ]


async def test_every_datatype_is_taken_in_both_forms(api: Api) -> None:
    client = await api.member(credits=100)
    for datatype, form, values in DATATYPES:
        age = tensor("age", datatype, values)
        parts = (
            struct.pack(f"<2{form}", *values),
            prefixed("Oslo", "Rome"),
            prefixed("", ""),
            struct.pack("<4f", 0, 1, 2, 3),
        )
        body, headers = in_bytes(mixed(api, age=age), *parts)

        answers = [
            await inferred(api, client, mixed(api, age=age), MIXED_URL),
            await inferred(api, client, body, MIXED_URL, headers),
        ]

        for answer in answers:
            assert [row["age"] for row in await rows_of(api, answer)] == values, datatype


@pytest.mark.parametrize("infinite", [float("inf"), float("-inf")])
async def test_an_infinite_number_is_that_rows_error_and_is_not_charged(api: Api, infinite: float) -> None:
    parts = (
        struct.pack("<2f", 1, infinite),
        prefixed("Oslo", "Rome"),
        prefixed("", ""),
        struct.pack("<4f", 0, 1, 2, 3),
    )
    client = await api.member(credits=4)
    body, headers = in_bytes(mixed(api, age=tensor("age", "FP32", [0, 0])), *parts)

    answer = await inferred(api, client, body, MIXED_URL, headers)

    assert data_of(answer, "error") == ["", "`age` must be a finite number"]
    assert data_of(answer, "label")[1] == ""
    assert data_of(answer, "probabilities")[2:] == [None, None]
    assert (await client.get("/balance")).json() == {"available": 2, "held": 0}


@pytest.mark.parametrize("infinite", ["Infinity", "-Infinity"])
async def test_infinity_in_the_json_means_the_same_but_not_in_a_text(api: Api, infinite: str) -> None:
    mixed(api)
    body = (
        b'{"inputs": [{"name": "age", "shape": [2], "datatype": "FP64", "data": [1, %s]},'
        b'{"name": "city", "shape": [2], "datatype": "BYTES", "data": ["%s", "Rome"]},'
        b'{"name": "born", "shape": [2], "datatype": "BYTES", "data": [null, null]},'
        b'{"name": "vector", "shape": [2, 2], "datatype": "FP64", "data": [[1, 2], [3, 4]]}]}'
    ) % (infinite.encode(), infinite.encode())

    answer = await inferred(api, await api.member(credits=4), body, MIXED_URL)

    assert data_of(answer, "error") == ["", "`age` must be a finite number"]
    assert [row["city"] for row in await rows_of(api, answer)] == [infinite, "Rome"]


async def test_nan_in_the_json_is_a_missing_number_but_not_in_a_text(api: Api) -> None:
    mixed(api)
    body = (
        b'{"inputs": [{"name": "age", "shape": [2], "datatype": "FP64", "data": [NaN, 1.5]},'
        b'{"name": "city", "shape": [2], "datatype": "BYTES", "data": ["NaN", "a\\"NaN"]},'
        b'{"name": "born", "shape": [2], "datatype": "BYTES", "data": [null, null]},'
        b'{"name": "vector", "shape": [2, 2], "datatype": "FP64", "data": [[1, 2], [3, 4]]}]}'
    )

    answer = await inferred(api, await api.member(credits=4), body, MIXED_URL)

    assert answer.status_code == 200, answer.text
    found = await rows_of(api, answer)
    assert [(row["age"], row["city"]) for row in found] == [(None, "NaN"), (1.5, 'a"NaN')]


async def test_only_the_wanted_outputs_come_back(api: Api) -> None:
    client = await api.member(credits=2)

    answer = await inferred(
        api,
        client,
        texts("a") | {"outputs": [{"name": "label", "parameters": {"binary_data": True}}]},
    )
    assert [each["name"] for each in answer.json()["outputs"]] == ["label"]

    other = await client.post(TONE, json=texts("a") | {"outputs": [{"name": "lable"}]})
    assert fails(other, 422, "wrong-shape")
    assert "`label`, `probabilities` and `error`" in other.json()["detail"]
    assert (await client.get("/balance")).json() == {"available": 1, "held": 0}


async def test_the_same_id_is_charged_once_through_both_doors(api: Api) -> None:
    client = await api.member(credits=10)
    request = texts("a", "b") | {"id": "order-1"}

    first = await inferred(api, client, request)
    again = await inferred(api, client, request)
    rest = await client.post(
        "/predictions",
        json={"model": "tone", "data": [{"text": "a"}, {"text": "b"}]},
        headers={"Idempotency-Key": "order-1"},
    )
    other = await client.post(TONE, json=texts("c") | {"id": "order-1"})

    assert first.headers.get("idempotent-replayed") is None
    assert again.headers["idempotent-replayed"] == rest.headers["idempotent-replayed"] == "true"
    assert again.json() == first.json()
    assert rest.json()["id"] == first.json()["parameters"]["prediction_id"]
    assert fails(other, 422, "idempotency-conflict")
    assert (await client.get("/balance")).json() == {"available": 8, "held": 0}


async def test_an_id_belongs_to_its_user_and_the_header_goes_before_it(api: Api) -> None:
    one, other = await api.member(credits=10), await api.member(credits=10)
    request = texts("a") | {"id": "1"}

    first, second = await inferred(api, one, request), await inferred(api, other, request)
    third = await inferred(api, one, request, headers={"Idempotency-Key": "2"})

    ids = {each.json()["parameters"]["prediction_id"] for each in (first, second, third)}
    assert len(ids) == 3
    assert fails(await one.post(TONE, json=texts("a") | {"id": "ж"}), 422, "wrong-shape")


async def test_max_price_refuses_instead_of_surprising(api: Api) -> None:
    client = await api.member(credits=10)

    refused = await client.post(TONE, json=texts("a", "b") | {"parameters": {"max_price": 1}})
    taken = await inferred(api, client, texts("a", "b") | {"parameters": {"max_price": 2}})

    assert fails(refused, 402, "max-price-exceeded")
    assert taken.json()["parameters"]["charged"] == 2


async def test_without_money_nothing_is_run(api: Api) -> None:
    client = await api.member(credits=1)

    assert fails(await client.post(TONE, json=texts("a", "b")), 402, "not-enough-credits")
    assert (await client.get("/balance")).json() == {"available": 1, "held": 0}


async def test_rows_that_do_not_fit_are_refused_together_or_told_one_by_one(api: Api) -> None:
    client = await api.member(credits=10)

    none = await client.post(TONE, json={"inputs": [tensor("text", "INT8", [1, 2])]})
    some = await inferred(api, client, {"inputs": [tensor("text", "BYTES", ["a", None])]})
    unknown = await client.post(TONE, json={"inputs": [tensor("txet", "BYTES", ["a"])]})

    assert fails(none, 422, "no-valid-row")
    assert none.json()["error"].endswith(" Row 0: `text` must be a string."), "clients show nothing else"
    assert data_of(some, "error") == ["", "`text` must be a string"]
    assert some.json()["parameters"] | {"prediction_id": ""} == {
        "prediction_id": "",
        "price": 2,
        "charged": 1,
        "error_count": 1,
        "warning_count": 0,
    }
    assert fails(unknown, 422, "no-valid-row")


async def test_time_that_is_up_is_an_error_that_says_where_the_prediction_is(impatient: Api) -> None:
    client = await impatient.member(credits=10)
    request = texts("a") | {"id": "order-1"}

    late = await client.post(TONE, json=request)

    assert fails(late, 504, "prediction-not-final")
    said = late.json()
    assert said["url"] == f"/predictions/{said['prediction_id']}"
    assert said["detail"].endswith("send the same request again: it is charged once.")
    assert (said["prediction_status"], said["price"], said["charged"]) == ("queued", 1, 0)
    await impatient.hexagon.run_all()
    read = await client.get(said["url"])
    assert read.json()["status"] == "succeeded"
    again = await client.post(TONE, json=request)
    assert data_of(again, "label") == ["short"]
    assert again.json()["parameters"]["prediction_id"] == said["prediction_id"]
    assert (await client.get("/balance")).json() == {"available": 9, "held": 0}


async def test_nobody_is_told_to_repeat_what_would_be_charged_again(impatient: Api) -> None:
    client = await impatient.member(credits=2)

    late, keyed = (
        await client.post(TONE, json=texts("a")),
        await client.post(TONE, json=texts("a"), headers={"Idempotency-Key": "1"}),
    )

    assert fails(late, 504, "prediction-not-final")
    assert late.json()["detail"].endswith(f"Read it later: GET {late.json()['url']}.")
    assert "charged once" in keyed.json()["detail"]


async def test_what_was_canceled_or_forgotten_is_told(impatient: Api) -> None:
    client = await impatient.member(credits=10)
    late = await client.post(TONE, json=texts("a") | {"id": "1"})
    await client.post(f"{late.json()['url']}/cancel")
    assert fails(await client.post(TONE, json=texts("a") | {"id": "1"}), 409, "prediction-not-run")

    late = await client.post(TONE, json=texts("a") | {"id": "2"})
    await impatient.hexagon.run_all()
    await client.delete(late.json()["url"])
    assert fails(await client.post(TONE, json=texts("a") | {"id": "2"}), 410, "prediction-forgotten")


async def test_a_failed_prediction_is_no_success(impatient: Api) -> None:
    client = await impatient.member(credits=10)
    impatient.hexagon.predictor.unavailable.add(impatient.hexagon.model.ref)
    request = texts("a") | {"id": "1"}
    late = await client.post(TONE, json=request)
    await impatient.hexagon.run_all()

    failed = await client.post(TONE, json=request)

    read = (await client.get(late.json()["url"])).json()
    if read["status"] == Status.FAILED:
        assert fails(failed, 500, "prediction-failed")
    assert failed.json()["charged"] == 0


async def test_a_retired_model_still_answers_what_was_accepted(api: Api) -> None:
    client = await api.member(credits=10)
    request = texts("a") | {"id": "1"}
    first = await inferred(api, client, request)
    del api.hexagon.memory.state.models[api.hexagon.model.ref]

    assert fails(await client.post(TONE, json=texts("a")), 404, "model-not-found")
    api.hexagon.memory.state.models[api.hexagon.model.ref] = replace(
        api.hexagon.model, state=api.hexagon.model.state.RETIRED
    )
    again = await client.post(TONE, json=request)
    assert again.json() == first.json()


async def test_what_is_wrong_is_said_and_costs_nothing(api: Api) -> None:
    client = await api.member(credits=1)
    for request, says in WRONG:
        refused = await client.post(TONE, json=request)

        assert fails(refused, 422, "wrong-shape")
        assert says in refused.json()["error"], refused.text
    assert (await client.get("/balance")).json() == {"available": 1, "held": 0}


async def test_bytes_that_do_not_fit_are_refused(api: Api) -> None:
    client = await api.member(credits=1)
    for part, says in UNFIT:
        body, headers = in_bytes(texts("a"), part)

        refused = await client.post(TONE, content=body, headers=headers)

        assert fails(refused, 422, "wrong-shape")
        assert says in refused.json()["error"]


async def test_the_length_of_the_json_is_checked(api: Api) -> None:
    client = await api.member(credits=1)
    body, headers = in_bytes(texts("a"), prefixed("a"))

    for length in ("x", "-1", str(len(body) + 1), "9" * 30, ""):
        assert fails(await client.post(TONE, content=body, headers={HEADER: length}), 422, "wrong-shape")
    assert (await client.post(TONE, content=body, headers={HEADER: "10"})).status_code == 400
    assert (await client.post(TONE, content=body)).status_code == 400
    more = await client.post(TONE, content=body + b"x", headers=headers)
    assert "belong to no input" in more.json()["error"]
    less = await client.post(TONE, content=body[:-1], headers=headers)
    assert "binary_data_size" in less.json()["error"]


async def test_values_are_counted_before_they_take_memory(hexagon: Hexagon) -> None:
    async with serving(hexagon, settings=replace(SETTINGS, max_values=1_000)) as api:
        client = await api.member(credits=1)
        claimed = {"inputs": [tensor("text", "BOOL", [True], 2**40, 2**40)]}
        body, headers = in_bytes({"inputs": [tensor("text", "BOOL", [], 1_001)]}, bytes(1_001))

        assert fails(await client.post(TONE, json=claimed), 422, "too-many-values")
        assert fails(await client.post(TONE, content=body, headers=headers), 422, "too-many-values")
        flat = {"inputs": [tensor("text", "BOOL", [True] * 1_002, 1)]}
        assert fails(await client.post(TONE, json=flat), 422, "too-many-values")


async def test_what_is_compressed_is_refused(api: Api) -> None:
    client = await api.member(credits=1)

    refused = await client.post(TONE, json=texts("a"), headers={"Content-Encoding": "gzip"})

    assert fails(refused, 415, "unsupported-media-type")


async def test_only_members_infer(api: Api) -> None:
    anyone = api.client()

    refused = await anyone.post(TONE, json=texts("a"))
    wrong = await anyone.post(TONE, json=texts("a"), headers={"Authorization": "Bearer aug_x"})

    assert fails(refused, 401, "sign-in-required")
    assert refused.headers["www-authenticate"] == "Bearer"
    assert fails(wrong, 401, "invalid-token")


async def test_an_api_key_is_enough(api: Api) -> None:
    user = await api.hexagon.user(credits=3)
    _, key = await api.hexagon.create_api_key(user_id=user.id, name="program")
    client = api.client(Authorization=f"Bearer {key}")

    assert data_of(await inferred(api, client, texts("a")), "label") == ["short"]


async def test_a_key_keeps_its_limits_at_this_door(api: Api) -> None:
    user = await api.hexagon.user(credits=10)
    keys: list[dict[str, Any]] = [
        {"limits": SpendingLimits(day=2)},
        {"models": frozenset({"blue"})},
        {"scopes": frozenset({KeyScope.READ})},
    ]
    spending, listed, reading = [
        api.client(
            Authorization=f"Bearer {(await api.hexagon.create_api_key(user_id=user.id, name='n', **each))[1]}"
        )
        for each in keys
    ]

    assert data_of(await inferred(api, spending, texts("a", "b")), "label") == ["short", "short"]
    assert fails(await spending.post(TONE, json=texts("a")), 402, "spending-limit-reached")
    assert fails(await listed.post(TONE, json=texts("a")), 403, "model-not-listed")
    assert fails(await reading.post(TONE, json=texts("a")), 403, "scope-missing")


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers of more than a kilobyte are read in pieces."""
    monkeypatch.setattr(memory, "MOST_BYTES_AT_ONCE", 1_000)


@pytest.mark.usefixtures("small_pieces")
async def test_a_large_answer_is_read_in_pieces(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await api.member(credits=10_000)
    request = texts(*["a"] * 9_000) | {"outputs": [{"name": "label"}, {"name": "error"}]}
    read, begins = MemoryPredictions.piece, list[int]()

    async def piece(*given: Any, begin: int, **more: Any) -> bytes:
        begins.append(begin)
        return await read(*given, begin=begin, **more)

    monkeypatch.setattr(MemoryPredictions, "piece", piece)

    answer = await inferred(api, client, request)

    assert data_of(answer, "label") == ["short"] * 9_000
    assert begins[:3] == [0, 1_000, 2_000]


async def away(*_: object, **__: object) -> bytes:
    raise Unavailable("the database is away")


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("name", ["busy", "unavailable"])
async def test_an_answer_that_cannot_be_sent_now_is_named_since_it_was_charged(
    api: Api, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await api.member(credits=10_000)
    if name == "busy":
        outflow = api.app.state.infer_handler.answering.outflow
        while outflow.under_way < SETTINGS.max_large_answers:
            outflow.begin(UserId(uuid7()))
    else:
        monkeypatch.setattr(MemoryPredictions, "piece", away)

    refused = await inferred(api, client, texts(*["a"] * 9_000))

    assert fails(refused, 503, name)
    assert refused.headers["retry-after"] == "5"
    said = refused.json()
    assert (said["prediction_status"], said["charged"]) == ("succeeded", 9_000)
    assert said["url"] == f"/predictions/{said['prediction_id']}"
    assert (await client.get("/balance")).json() == {"available": 1_000, "held": 0}


async def test_a_prediction_is_one_of_its_users_alone(api: Api) -> None:
    mine, other = await api.member(credits=3), await api.member(credits=3)
    answer = await inferred(api, mine, texts("a"))

    url = f"/predictions/{answer.json()['parameters']['prediction_id']}"

    assert (await mine.get(url)).status_code == 200
    assert is_problem(await other.get(url), 404, "prediction-not-found")
