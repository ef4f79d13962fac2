"""The server, its health, and its models as tensors."""

import json
from dataclasses import replace

import msgspec
import pytest

from augury.domain.answer import Answer
from augury.domain.answer_form import AnswerForm, ModelTask
from augury.domain.feature import Feature, FeatureKind
from augury.domain.input_schema import InputSchema
from augury.domain.row_errors import RowError, RowFault
from augury.inbound.http.edge.connections import Limit
from augury.inbound.http.edge.turned_away import turned_away
from augury.inbound.http.inference.metadata import metadata_of
from augury.inbound.http.inference.outputs import outputs_of, tensors_of
from tests.hexagon import Hexagon, a_model
from tests.http_api import Api, is_problem, serving
from tests.inbound.http.inference.infer import TONE

ANSWERS: dict[AnswerForm, tuple[Answer, dict[str, list[object]]]] = {
    AnswerForm(ModelTask.CLASSIFICATION, ("a", "b")): (
        {"label": "b", "probabilities": {"b": 0.75, "a": 0.25}},
        {"label": ["b", ""], "probabilities": [0.25, 0.75, None, None]},
    ),
    AnswerForm(ModelTask.CLASSIFICATION, ("a", "b", "c")): (
        {"label": "b"},
        {"label": ["b", ""], "probabilities": [None] * 6},
    ),
    AnswerForm(ModelTask.MULTILABEL, ("a", "b")): (
        {"labels": ["b"], "probabilities": {"a": 0.25, "b": 0.75}},
        {"labels": [False, True, False, False], "probabilities": [0.25, 0.75, None, None]},
    ),
    AnswerForm(ModelTask.MULTI_REGRESSION, ("0.1", "0.9")): (
        {"values": {"0.1": -1.5, "0.9": 2.5}},
        {"values": [-1.5, 2.5, None, None]},
    ),
    AnswerForm(ModelTask.UNCERTAIN_REGRESSION): (
        {"value": 1.5, "standard_deviation": 0.5},
        {"value": [1.5, None], "standard_deviation": [0.5, None]},
    ),
    AnswerForm(ModelTask.RANKING): ({"value": 1.5, "rank": 1}, {"value": [1.5, None], "rank": [1, 0]}),
    AnswerForm(ModelTask.REGRESSION): ({"value": 1.5}, {"value": [1.5, None]}),
}


@pytest.mark.parametrize("form", ANSWERS, ids=lambda form: f"{form.task}-{len(form.names)}")
def test_every_kind_of_answer_has_its_tensors(form: AnswerForm) -> None:
    answer, expected = ANSWERS[form]
    errors = [RowError(1, "x", RowFault.MISSING)]

    tensors = tensors_of(form, [answer, None], errors, ())

    assert {each.name: each.data for each in tensors} == expected | {"error": ["", "`x` is missing"]}
    for tensor, output in zip(tensors, outputs_of(form), strict=True):
        assert tensor.shape == output.shape(2)
        assert len(tensor.data) == tensor.shape[0] * (tensor.shape[1] if tensor.shape[1:] else 1)
        if output.names:
            assert msgspec.json.decode(tensor.parameters["names"]) == list(form.names)


def test_no_kind_of_answer_is_left_out() -> None:
    assert {form.task for form in ANSWERS} == set(ModelTask)


def test_every_kind_of_feature_has_its_tensor() -> None:
    features = [Feature(kind.value, kind) for kind in FeatureKind]
    sized = Feature("sized", FeatureKind.EMBEDDING, length=3)
    model = a_model(features=[*features, sized])

    found = {each.name: (each.datatype, each.shape) for each in metadata_of(model, [model]).inputs}

    assert found == {
        "numeric": ("FP64", [-1]),
        "categorical": ("BYTES", [-1]),
        "text": ("BYTES", [-1]),
        "embedding": ("FP32", [-1, -1]),
        "date": ("BYTES", [-1]),
        "sized": ("FP32", [-1, 3]),
    }


def test_a_ranking_also_takes_the_group() -> None:
    model = a_model()
    grouped = replace(model.facts, schema=InputSchema(model.facts.schema.features, is_grouped=True))

    inputs = metadata_of(replace(model, facts=grouped), [model]).inputs

    assert [each.name for each in inputs] == ["text", "group"]
    assert inputs[1].parameters["optional"] is True


async def test_the_server_and_its_models_introduce_themselves(api: Api) -> None:
    client = api.client()
    for model in (a_model("tone", 2, active=False), a_model("blue", row_price=7)):
        api.hexagon.memory.state.models[model.ref] = model

    assert (await client.get("/v2")).json()["extensions"] == ["binary_tensor_data"]
    assert (await client.get("/v2/health/live")).json() == {"live": True}
    assert (await client.get("/v2/health/ready")).json() == {"ready": True}
    assert (await client.get("/v2/models")).json() == {"models": ["blue", "tone"], "next_cursor": None}
    first = (await client.get("/v2/models?limit=1")).json()
    assert first["models"] == ["blue"]
    rest = await client.get("/v2/models", params={"cursor": first["next_cursor"]})
    assert rest.json() == {"models": ["tone"], "next_cursor": None}
    described = (await client.get("/v2/models/tone")).json()
    assert described == {
        "name": "tone",
        "versions": ["1", "2"],
        "platform": "catboost",
        "inputs": [{"name": "text", "datatype": "BYTES", "shape": [-1], "parameters": {"kind": "text"}}],
        "outputs": [
            {"name": "label", "datatype": "BYTES", "shape": [-1], "parameters": {}},
            {
                "name": "probabilities",
                "datatype": "FP64",
                "shape": [-1, 2],
                "parameters": {"names": '["long","short"]'},
            },
            {"name": "error", "datatype": "BYTES", "shape": [-1], "parameters": {}},
        ],
        "parameters": {"task": "classification", "version": "1", "row_price": 1, "text_price": 0},
    }
    assert (await client.get("/v2/models/tone/versions/2")).json()["parameters"]["version"] == "2"
    assert (await client.get("/v2/models/tone/ready")).json() == {"name": "tone", "ready": True}
    assert (await client.get("/v2/models/tone/versions/2/ready")).json() == {"name": "tone", "ready": True}


@pytest.mark.parametrize(
    "url",
    [
        "/v2/models/tune",
        "/v2/models/tune/ready",
        "/v2/models/tone/versions/3",
        "/v2/models/tone/versions/3/ready",
        "/v2/models/tone/versions/x",
    ],
)
async def test_what_is_not_there_is_said_in_both_languages(api: Api, url: str) -> None:
    answer = await api.client().get(url)

    assert is_problem(answer, 404, "model-not-found")
    assert answer.json()["error"] == answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "url", "status"),
    [("GET", "/v2/repository/index", 404), ("GET", "/v2/models/tone/infer", 405), ("POST", "/v2", 405)],
)
async def test_refusals_of_the_framework_too(api: Api, method: str, url: str, status: int) -> None:
    answer = await api.client().request(method, url)

    assert answer.status_code == status
    assert answer.json()["error"] == answer.json()["detail"]
    assert "error" not in (await api.client().get("/nowhere")).json()


@pytest.mark.parametrize("url", [b"", TONE.encode()])
@pytest.mark.parametrize("limit", [Limit.CONNECTIONS, Limit.UPLOADS_OF_ADDRESS, Limit.BODY_RATE])
def test_refusals_of_the_server_too(limit: Limit, url: bytes) -> None:
    body = json.loads(turned_away(limit, (), url).partition(b"\r\n\r\n")[2])

    assert body["error"] == body["detail"]
    assert "error" not in json.loads(turned_away(limit, (), b"/predictions").partition(b"\r\n\r\n")[2])


async def test_it_is_not_ready_without_its_dependencies(hexagon: Hexagon) -> None:
    async def away() -> None:
        raise OSError

    async with serving(hexagon, checks={"database": away}) as api:
        answer = await api.client().get("/v2/health/ready")

    assert is_problem(answer, 503, "unavailable")
    assert answer.json()["ready"] is False
    assert "database" in answer.json()["error"]
