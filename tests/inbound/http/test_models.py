from dataclasses import replace
from typing import Any

import pytest

from augury.application.models.change_model import ChangeModel
from augury.domain.answer_form import ModelTask
from augury.domain.answer_meaning import ProbabilitiesAre, ValueIs
from augury.domain.feature import Feature, FeatureKind
from augury.domain.model import ModelRef, ModelState
from augury.domain.model_texts import ModelTexts
from tests.hexagon import a_model
from tests.http_api import Api, is_problem

FEATURES = [
    Feature("age", FeatureKind.NUMERIC),
    Feature("city", FeatureKind.CATEGORICAL, ("Kazan", "Omsk")),
    Feature("review", FeatureKind.TEXT),
]


def offer(api: Api) -> None:
    for version, active in ((1, False), (2, True)):
        model = a_model("many", version, row_price=3, active=active, features=FEATURES)
        api.hexagon.memory.state.models[model.ref] = model


async def test_a_model_says_what_it_wants_and_what_it_costs(api: Api) -> None:
    offer(api)

    model = (await api.client().get("/models/many")).json()

    assert (model["name"], model["active_version"]) == ("many", 2)
    assert [version["version"] for version in model["versions"]] == [2, 1]
    newest = model["versions"][0]
    assert (newest["row_price"], newest["task"], newest["classes"]) == (
        3,
        "classification",
        ["long", "short"],
    )
    assert newest["input_schema"] == {
        "type": "object",
        "properties": {
            "age": {"type": ["number", "boolean", "null"]},
            "city": {
                "type": ["string", "integer", "boolean"],
                "maxLength": 100_000,
                "examples": ["Kazan", "Omsk"],
            },
            "review": {"type": "string", "maxLength": 100_000},
        },
        "required": ["age", "city", "review"],
        "additionalProperties": False,
    }


async def test_models_are_listed_page_by_page(api: Api) -> None:
    longest = "n" * 63
    for name in ("b", "c", longest):
        for version, active in ((1, False), (2, True)):
            model = a_model(name, version, active=active)
            api.hexagon.memory.state.models[model.ref] = model
    retired = replace(a_model("a-retired"), state=ModelState.RETIRED)
    api.hexagon.memory.state.models[retired.ref] = retired
    client = api.client()
    names, cursor = [], ""
    while cursor is not None:
        page = (
            await client.get("/models", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        ).json()
        assert len(page["items"]) <= 2
        names += [each["name"] for each in page["items"]]
        cursor = page["next_cursor"]

    assert names == ["b", "c", longest, "tone"]
    assert [each["version"] for each in page["items"][0]["versions"]] == [2, 1]
    assert is_problem(await client.get("/models?cursor=!"), 422, "wrong-shape")


async def test_a_model_says_how_it_decides_and_what_its_value_is(api: Api) -> None:
    told: dict[str, dict[str, Any]] = {
        "decides": {"threshold": 0.9},
        "estimates": {
            "value_is": ValueIs.QUANTILE,
            "alpha": 0.9,
            "classes": (),
            "task": ModelTask.REGRESSION,
        },
    }
    for name, facts in told.items():
        model = a_model(name)
        model = replace(model, facts=replace(model.facts, **facts))
        api.hexagon.memory.state.models[model.ref] = model

    found = {
        each["name"]: each["versions"][0] for each in (await api.client().get("/models")).json()["items"]
    }

    said = {
        name: [version[key] for key in ("threshold", "value_is", "alpha")] for name, version in found.items()
    }
    assert said == {
        "decides": [0.9, None, None],
        "estimates": [None, "quantile", 0.9],
        "tone": [None, None, None],
    }


async def test_a_described_model_is_described_in_both_languages(api: Api) -> None:
    texts = ModelTexts(
        description={"en": "How a text sounds", "ru": "Тон текста"},
        features={"text": {"en": "Your text"}},
        labels={"long": {"ru": "Длинный"}},
    )
    assert (await api.client().get("/models/tone")).json()["versions"][0]["description"] == {}
    await api.hexagon.describe_model(ref=ModelRef("tone", 1), texts=texts)

    version = (await api.client().get("/models/tone")).json()["versions"][0]

    assert version["description"] == texts.description
    assert version["feature_texts"] == texts.features
    assert version["label_texts"] == texts.labels


async def test_the_models_are_listed_by_name(api: Api) -> None:
    offer(api)

    models = (await api.client().get("/models")).json()["items"]

    assert [model["name"] for model in models] == ["many", "tone"]


async def test_a_retired_version_is_on_offer_no_more(api: Api) -> None:
    offer(api)
    retire: ChangeModel = api.hexagon.change_model

    await retire(ref=ModelRef("many", 1), state=ModelState.RETIRED)
    assert [v["version"] for v in (await api.client().get("/models/many")).json()["versions"]] == [2]

    await retire(ref=ModelRef("many", 2), state=ModelState.RETIRED)
    assert is_problem(await api.client().get("/models/many"), 404, "model-not-found")


async def test_an_unknown_model_is_a_404(api: Api) -> None:
    for name in ("none", "tone@1", "%00", "..%2f"):
        assert (await api.client().get(f"/models/{name}")).status_code == 404


@pytest.mark.parametrize(
    ("task", "names", "properties"),
    [
        (ModelTask.CLASSIFICATION, ("a", "b"), {"label", "probabilities", "others"}),
        (ModelTask.MULTILABEL, ("a", "b"), {"labels", "probabilities", "others"}),
        (ModelTask.REGRESSION, (), {"value"}),
        (ModelTask.MULTI_REGRESSION, ("0.1", "0.9"), {"values"}),
        (ModelTask.UNCERTAIN_REGRESSION, (), {"value", "standard_deviation"}),
        (ModelTask.RANKING, (), {"value", "rank"}),
    ],
)
async def test_a_model_says_what_its_answer_looks_like(
    api: Api, task: ModelTask, names: tuple[str, ...], properties: set[str]
) -> None:
    model = a_model("kind", features=[Feature("picture", FeatureKind.EMBEDDING, length=3)])
    facts = replace(
        model.facts,
        task=task,
        classes=names if "probabilities" in properties else (),
        outputs=names if "values" in properties else (),
        schema=replace(model.facts.schema, is_grouped=task is ModelTask.RANKING),
        probabilities_are=ProbabilitiesAre.INDEPENDENT if task is ModelTask.MULTILABEL else None,
    )
    api.hexagon.memory.state.models[model.ref] = replace(model, facts=facts)

    [told] = (await api.client().get("/models/kind")).json()["versions"]

    assert (told["task"], told["outputs"]) == (task, list(facts.outputs))
    assert set(told["output_schema"]["properties"]) == properties
    assert told["probabilities_are"] == ("independent" if task is ModelTask.MULTILABEL else None)
    inputs = told["input_schema"]["properties"]
    assert inputs["picture"] == {"type": "array", "items": {"type": "number"}, "minItems": 3, "maxItems": 3}
    assert ("group" in inputs) is (task is ModelTask.RANKING)
    assert told["input_schema"]["required"] == ["picture"]
