import asyncio
from dataclasses import replace

import pytest

from augury.application.models.change_model import ChangeModel
from augury.application.models.describe_model import DescribeModel
from augury.application.models.set_confidence import SetConfidence
from augury.application.ports import Conflict
from augury.domain.answer_form import ModelTask
from augury.domain.answer_meaning import ProbabilitiesAre, ReadAs, ValueIs
from augury.domain.feature import Feature, FeatureKind
from augury.domain.model import ModelNotFound, ModelRef, ModelState
from augury.domain.model_texts import ModelTexts, UnfitForModel
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.speed import NOT_MEASURED, Speed
from augury.domain.transfer import InvalidAmount
from tests.adapters import Adapters
from tests.hexagon import a_model

TEXTS = ModelTexts(
    description={"en": "How old?", "ru": "Сколько лет?"},
    features={"город": {"en": "City"}},
    labels={"long": {"ru": "Длинный"}},
)
NOWHERE = ["tone", "tone@1", "tone@", "tone@x", "@1", "", "a\x00b", "tone@1\x00"]


@pytest.mark.parametrize("name", NOWHERE)
async def test_a_model_that_is_not_there_is_not_found(empty: Adapters, name: str) -> None:
    with pytest.raises(ModelNotFound):
        await empty.models.get(name)


@pytest.mark.parametrize("task", ModelTask)
@pytest.mark.parametrize("explain_price", [None, 0, 9])
async def test_a_model_comes_back_as_it_was_added(
    empty: Adapters, task: ModelTask, explain_price: int | None
) -> None:
    features = [
        Feature("age", FeatureKind.NUMERIC),
        Feature("город", FeatureKind.CATEGORICAL, values=("Париж", "")),
        Feature("text", FeatureKind.TEXT),
        Feature("picture", FeatureKind.EMBEDDING, length=512),
    ]
    model = a_model(row_price=7, text_price=3, features=features)
    facts = replace(
        model.facts,
        task=task,
        schema=replace(model.facts.schema, is_grouped=task is ModelTask.RANKING),
        outputs=("0.1", "0.9"),
        probabilities_are=ProbabilitiesAre.INDEPENDENT,
        explain_work=7,
        unexplained=Reason.of(ReasonCode.TOO_MANY_LEAVES, leaves=9),
        metrics={"accuracy": 0.875},
        threshold=0.25,
        value_is=ValueIs.QUANTILE,
        alpha=0.9,
        unsure_below=0.6,
        read_as=ReadAs.EXPONENT,
        texts=TEXTS,
    )
    model = replace(model, facts=facts, explain_price=explain_price)

    await empty.models.add(model)

    assert await empty.models.get("tone") == model
    assert await empty.models.get("tone@1") == model
    assert await empty.models.version(model.ref) == model


async def test_the_operator_says_when_a_label_is_not_sure(empty: Adapters) -> None:
    model = a_model()
    await empty.models.add(model)
    set_confidence = SetConfidence(models=empty.models)

    changed = await set_confidence(ref=model.ref, unsure_below=0.55)

    assert changed.facts.unsure_below == 0.55
    assert await empty.models.get("tone") == changed
    for wrong in (-0.1, 1.1):
        with pytest.raises(UnfitForModel):
            await set_confidence(ref=model.ref, unsure_below=wrong)
    assert model.facts.remembering(changed.facts).unsure_below == 0.55


async def test_a_card_stands_beside_its_version(empty: Adapters) -> None:
    plain, carded = a_model(version=1), a_model(version=2)
    await empty.models.add(plain)
    await empty.models.add(replace(carded, facts=replace(carded.facts, card='{"version":1}')))

    assert await empty.models.card(plain.ref) is None
    assert await empty.models.card(carded.ref) == '{"version":1}'
    assert (await empty.models.version(carded.ref)).facts.card is None

    await empty.models.change(carded.ref, lambda model: replace(model, row_price=9))
    assert await empty.models.card(carded.ref) == '{"version":1}'
    await empty.models.change(
        plain.ref, lambda model: replace(model, facts=replace(model.facts, card='{"version":2}'))
    )
    assert await empty.models.card(plain.ref) == '{"version":2}'
    for nowhere in (ModelRef("tone", 3), ModelRef("other", 1)):
        with pytest.raises(ModelNotFound):
            await empty.models.card(nowhere)


async def test_a_name_means_its_active_version(empty: Adapters) -> None:
    await empty.models.add(a_model(version=1))
    await empty.models.add(a_model(version=2))
    await empty.models.add(a_model(version=3, active=False))

    assert (await empty.models.get("tone")).ref.version == 2
    assert not (await empty.models.get("tone@1")).is_active
    assert (await empty.models.get("tone@3")).ref.version == 3


async def test_a_name_without_an_active_version_is_not_found(empty: Adapters) -> None:
    await empty.models.add(a_model(active=False))

    with pytest.raises(ModelNotFound):
        await empty.models.get("tone")
    assert (await empty.models.get("tone@1")).ref == ModelRef("tone", 1)


async def test_activating_a_version_takes_the_place_of_the_active_one(empty: Adapters) -> None:
    old, new = a_model(version=1), a_model(version=2)
    await empty.models.add(old)
    await empty.models.add(new)
    await empty.models.add(a_model("spam"))

    changed = await empty.models.change(
        old.ref, lambda known: replace(known, state=ModelState.ACTIVE, row_price=9, text_price=4)
    )

    assert changed == await empty.models.get("tone") == replace(old, row_price=9, text_price=4)
    assert not (await empty.models.version(new.ref)).is_active
    assert (await empty.models.get("spam")).is_active


async def test_a_retired_version_serves_nobody_new_but_runs_what_was_accepted(empty: Adapters) -> None:
    model = a_model()
    await empty.models.add(model)
    retired = replace(model, state=ModelState.RETIRED)

    await empty.models.change(model.ref, lambda known: replace(known, state=ModelState.RETIRED))

    for name in ("tone", "tone@1"):
        with pytest.raises(ModelNotFound):
            await empty.models.get(name)
    assert await empty.models.version(retired.ref) == retired


async def test_a_version_that_was_never_added_is_not_found(empty: Adapters) -> None:
    await empty.models.add(a_model())

    with pytest.raises(ModelNotFound):
        await empty.models.version(ModelRef("tone", 2))


async def test_all_versions_are_listed_by_name_and_version(empty: Adapters) -> None:
    assert await empty.models.all() == []
    await empty.models.add(a_model("tone", 10))
    await empty.models.add(a_model("tone", 9))
    await empty.models.add(replace(a_model("spam"), state=ModelState.RETIRED))

    assert [str(model.ref) for model in await empty.models.all()] == ["spam@1", "tone@9", "tone@10"]


@pytest.mark.parametrize("name", ["spam", "", "a\x00b"])
async def test_the_versions_of_a_name_are_listed_the_oldest_first(empty: Adapters, name: str) -> None:
    await empty.models.add(a_model(version=10))
    await empty.models.add(replace(a_model(version=9), state=ModelState.RETIRED))
    await empty.models.add(a_model("tones"))

    assert [model.ref.version for model in await empty.models.versions("tone")] == [9, 10]
    assert await empty.models.versions(name) == []


async def test_a_version_is_added_once(empty: Adapters) -> None:
    model = a_model()
    await empty.models.add(model)

    with pytest.raises(Conflict):
        await empty.models.add(replace(model, row_price=9))
    assert await empty.models.all() == [model]


async def test_changes_at_once_keep_what_the_others_changed(empty: Adapters) -> None:
    for version in (1, 2):
        await empty.models.add(a_model(version=version))
    change, first, second = ChangeModel(models=empty.models), ModelRef("tone", 1), ModelRef("tone", 2)

    await asyncio.gather(
        change(ref=first, row_price=5),
        change(ref=first, state=ModelState.ACTIVE),
        change(ref=second, row_price=7),
    )

    assert [(model.row_price, model.is_active) for model in await empty.models.all()] == [
        (5, True),
        (7, False),
    ]


async def test_a_change_keeps_what_is_described_and_a_description_what_was_changed(empty: Adapters) -> None:
    model = a_model(features=[Feature("город", FeatureKind.CATEGORICAL)])
    await empty.models.add(model)

    await DescribeModel(models=empty.models)(ref=model.ref, texts=TEXTS)
    await ChangeModel(models=empty.models)(ref=model.ref, row_price=5, state=ModelState.READY)
    described = await empty.models.version(model.ref)

    assert described.facts == replace(model.facts, texts=TEXTS)
    assert (described.row_price, described.state) == (5, ModelState.READY)


async def test_a_version_that_is_not_there_or_a_price_that_none_has_changes_nothing(empty: Adapters) -> None:
    model = a_model()
    await empty.models.add(model)
    change = ChangeModel(models=empty.models)

    with pytest.raises(ModelNotFound):
        await change(ref=ModelRef("tone", 2), state=ModelState.RETIRED)
    with pytest.raises(InvalidAmount):
        await change(ref=model.ref, row_price=-1, state=ModelState.RETIRED)

    assert await empty.models.all() == [model]


async def test_a_page_has_the_serving_versions_of_the_next_names(empty: Adapters) -> None:
    for name, version, state in (
        ("b", 1, ModelState.READY),
        ("b", 2, ModelState.ACTIVE),
        ("c", 1, ModelState.RETIRED),
        ("d", 1, ModelState.ACTIVE),
        ("e", 1, ModelState.RETIRED),
        ("e", 2, ModelState.ACTIVE),
    ):
        await empty.models.add(replace(a_model(name, version), state=state))

    first = await empty.models.page(limit=2)
    rest = await empty.models.page(limit=2, after=first[-1].ref.name)

    assert [str(each.ref) for each in first] == ["b@1", "b@2", "d@1"]
    assert [str(each.ref) for each in rest] == ["e@2"]
    assert not await empty.models.page(limit=2, after="e")


async def test_what_workers_measured_adds_up_and_outlives_other_changes(empty: Adapters) -> None:
    model, other = a_model(), a_model("other")
    for each in (model, other):
        await empty.models.add(each)
    slow, missing = Speed.of_call(100, 1.0), ModelRef("nobody", 1)
    assert (await empty.models.get("tone")).speed == NOT_MEASURED

    await empty.models.measured({model.ref: slow, missing: slow})
    await empty.models.measured({model.ref: slow})
    await empty.models.change(model.ref, lambda known: replace(known, row_price=9))

    changed = await empty.models.get("tone")
    assert (changed.speed, changed.row_price) == (slow.then(slow), 9)
    assert (await empty.models.version(other.ref)).speed == NOT_MEASURED
