"""Registering, pricing, activating and retiring models."""

import json
from pathlib import Path

import pytest

from augury.application.models.register_model import GivenFacts
from augury.domain.answer_form import ModelTask
from augury.domain.answer_meaning import ReadAs
from augury.domain.feature import Feature, FeatureKind
from augury.domain.model import InvalidModelName, ModelNotFound, ModelRef, ModelRefused, ModelState
from augury.domain.model_texts import ModelTexts, UnfitForModel
from augury.domain.transfer import InvalidAmount
from tests.hexagon import Hexagon

CITIES = GivenFacts(categories=lambda _: {"city": ["Paris", "Oslo", "Paris"]})
TEXTS = ModelTexts(
    description={"en": "Who?", "ru": "Кто?"},
    features={"city": {"en": "City", "ru": "Город"}},
    labels={"a": {"en": "Yes"}, "b": {"en": "No"}},
)
A_FILE = {"features": {"age": "numeric", "text": "text"}, "classes": ["a", "b"], "metrics": {"f1": 0.5}}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return a_file(tmp_path)


def a_file(folder: Path, **facts: object) -> Path:
    """A separate model file for each set of facts."""
    content = json.dumps({**A_FILE, **facts})
    path = folder / f"{abs(hash(content))}.json"
    path.write_text(content)
    return path


async def test_a_file_is_offered_by_what_it_says_of_itself(hexagon: Hexagon, file: Path) -> None:
    registered = await hexagon.register_model(file=file, name="spam", row_price=3)

    model = registered.model
    assert (registered.is_new, registered.differences) == (True, ())
    assert model.ref == ModelRef("spam", 1)
    assert (model.facts.task, model.facts.classes) == (ModelTask.CLASSIFICATION, ("a", "b"))
    assert model.facts.schema.features == (
        Feature("age", FeatureKind.NUMERIC),
        Feature("text", FeatureKind.TEXT),
    )
    assert await hexagon.models.get("spam") == model
    assert await hexagon.model_store.path(model.sha256) == file


async def test_each_file_is_the_next_version_of_its_name(hexagon: Hexagon, tmp_path: Path) -> None:
    files = [a_file(tmp_path, metrics={"f1": index / 10}) for index in range(4)]
    versions = [await hexagon.register_model(file=file, name="spam") for file in files[:3]]
    quiet = await hexagon.register_model(file=files[3], name="spam", activate=False)

    assert [each.model.ref.version for each in (*versions, quiet)] == [1, 2, 3, 4]
    assert (await hexagon.models.get("spam")).ref.version == 3
    assert [model.state for model in await hexagon.models.versions("spam")] == [
        ModelState.READY,
        ModelState.READY,
        ModelState.ACTIVE,
        ModelState.READY,
    ]


async def test_a_version_keeps_the_price_of_the_active_one_unless_told(
    hexagon: Hexagon, tmp_path: Path
) -> None:
    files = [a_file(tmp_path, metrics={"f1": index / 10}) for index in range(4)]
    first = await hexagon.register_model(file=files[0], name="spam")
    await hexagon.change_model(ref=first.model.ref, row_price=5, explain_price=2)

    second = await hexagon.register_model(file=files[1], name="spam", activate=False)
    dearer = await hexagon.register_model(file=files[2], name="spam", row_price=9, activate=False)
    free = await hexagon.register_model(file=files[3], name="spam", row_price=0)

    assert first.model.row_price == 1
    assert [each.model.row_price for each in (second, dearer, free)] == [5, 9, 0]
    assert [each.model.explain_price for each in (second, dearer, free)] == [2, 2, 2]


async def test_a_version_after_retired_ones_keeps_the_newest_price(hexagon: Hexagon, tmp_path: Path) -> None:
    first = await hexagon.register_model(file=a_file(tmp_path), name="spam", row_price=7)
    await hexagon.change_model(ref=first.model.ref, state=ModelState.RETIRED)

    second = await hexagon.register_model(file=a_file(tmp_path, metrics={}), name="spam")

    assert (second.model.row_price, second.model.state) == (7, ModelState.ACTIVE)


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"features": {"age": "numeric"}}, ["it does not take text"]),
        ({"features": {"age": "numeric", "text": "text", "sex": "categorical"}}, ["it needs sex"]),
        ({"features": {"text": "text", "age": "categorical"}}, ["age is categorical, not numeric"]),
        ({"classes": ["b", "c"]}, ["it answers b, c, not a, b"]),
        ({"classes": []}, ["it is a regression, not a classification"]),
        ({"features": {"text": "text", "age": "numeric"}, "classes": ["b", "a"]}, []),
    ],
)
async def test_a_version_for_other_rows_or_with_other_answers_is_not_made_the_active_one(
    hexagon: Hexagon, tmp_path: Path, facts: dict[str, object], why: list[str]
) -> None:
    await hexagon.register_model(file=a_file(tmp_path), name="spam")

    registered = await hexagon.register_model(file=a_file(tmp_path, **facts), name="spam")

    assert list(map(str, registered.differences)) == why
    assert registered.model.state is (ModelState.READY if why else ModelState.ACTIVE)
    assert (await hexagon.models.get("spam")).ref.version == (1 if why else 2)
    assert (await hexagon.change_model(ref=registered.model.ref, state=ModelState.ACTIVE)).is_active


async def test_the_same_file_again_is_the_same_version(hexagon: Hexagon, tmp_path: Path) -> None:
    file = a_file(tmp_path)
    first = await hexagon.register_model(file=file, name="spam", row_price=4)
    await hexagon.register_model(file=a_file(tmp_path, metrics={}), name="spam")

    again = await hexagon.register_model(file=file, name="spam")

    assert (again.model.ref, again.is_new) == (first.model.ref, False)
    assert (again.model.row_price, again.model.state) == (4, ModelState.READY)
    assert len(await hexagon.models.versions("spam")) == 2
    assert (await hexagon.register_model(file=file, name="ham")).is_new


async def test_what_is_told_of_the_same_file_is_stored_and_kept(hexagon: Hexagon, tmp_path: Path) -> None:
    file = a_file(tmp_path, features={"city": "categorical"})
    first = await hexagon.register_model(file=file, name="spam")
    await hexagon.describe_model(ref=first.model.ref, texts=TEXTS)

    told = await hexagon.register_model(file=file, name="spam", row_price=6, known=CITIES)
    again = await hexagon.register_model(file=file, name="spam")

    assert told.model == again.model
    assert again.model.facts.schema.features == (Feature("city", FeatureKind.CATEGORICAL, ("Paris", "Oslo")),)
    assert again.model.facts.texts == TEXTS
    assert again.model.row_price == 6


async def test_a_new_version_keeps_the_texts_that_fit(hexagon: Hexagon, tmp_path: Path) -> None:
    first = await hexagon.register_model(file=a_file(tmp_path, features={"city": "categorical"}), name="spam")
    await hexagon.describe_model(ref=first.model.ref, texts=TEXTS)

    second = await hexagon.register_model(
        file=a_file(tmp_path, features={"town": "text"}, classes=["a", "c"]), name="spam"
    )

    texts = second.model.facts.texts
    assert (texts.description, texts.features, texts.labels) == (TEXTS.description, {}, {"a": {"en": "Yes"}})


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        (
            GivenFacts(categories=lambda _: {"age": ["1"]}),
            "'age' is not a categorical feature (the model has: none)",
        ),
        (GivenFacts(read_as=ReadAs.RAW), "the file already says how to read its answer (classification)"),
    ],
)
async def test_what_does_not_fit_the_file_is_refused(
    hexagon: Hexagon, file: Path, known: GivenFacts, reason: str
) -> None:
    with pytest.raises(UnfitForModel) as refused:
        await hexagon.register_model(file=file, name="spam", known=known)

    assert str(refused.value.reason) == reason
    assert await hexagon.models.versions("spam") == []


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (ModelTexts(features={"sex": {"en": "Sex"}}), "the model has no feature 'sex'"),
        (ModelTexts(labels={"long": {"en": "Long"}, "0": {"en": "No"}}), "the model has no label '0'"),
        (
            ModelTexts(description={"de": "Ein Modell"}),
            "the description is in language 'de'; only en and ru are supported",
        ),
        (
            ModelTexts(description={"en": " "}),
            "the description (en) must be 1 to 500 characters of text",
        ),
        (
            ModelTexts(features={"text": {"ru": "я" * 61}}),
            "the text of feature 'text' (ru) must be 1 to 60 characters of text",
        ),
        (
            ModelTexts(labels={"long": {"en": "\x00"}}),
            "the text of label 'long' (en) must be 1 to 60 characters of text",
        ),
    ],
)
async def test_texts_that_do_not_fit_the_model_are_refused(
    hexagon: Hexagon, texts: ModelTexts, reason: str
) -> None:
    with pytest.raises(UnfitForModel) as refused:
        await hexagon.describe_model(ref=hexagon.model.ref, texts=texts)

    assert str(refused.value.reason) == reason


@pytest.mark.parametrize("content", [b"", b"\x00\xff", b"{}", b"[]", b'{"features": {"a": "sound"}}'])
async def test_a_file_that_is_no_model_is_refused_with_the_reason(
    hexagon: Hexagon, file: Path, content: bytes
) -> None:
    file.write_bytes(content)

    with pytest.raises(ModelRefused) as refusal:
        await hexagon.register_model(file=file, name="spam", row_price=1)

    assert str(refusal.value.reason)
    with pytest.raises(ModelNotFound):
        await hexagon.models.get("spam")


async def test_a_file_that_is_not_there_is_refused(hexagon: Hexagon, tmp_path: Path) -> None:
    with pytest.raises(ModelRefused):
        await hexagon.register_model(file=tmp_path / "none", name="spam", row_price=1)


async def test_a_bad_name_or_price_is_refused(hexagon: Hexagon, file: Path) -> None:
    with pytest.raises(InvalidModelName):
        await hexagon.register_model(file=file, name="No Spam", row_price=1)
    with pytest.raises(InvalidAmount):
        await hexagon.register_model(file=file, name="spam", row_price=-1)
    assert len(await hexagon.models.all()) == 1


async def test_a_new_price_is_for_new_predictions_only(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=10)
    before = await hexagon.request_prediction(user.id)

    model = await hexagon.change_model(ref=hexagon.model.ref, row_price=5)

    after = await hexagon.request_prediction(user.id, model=await hexagon.models.get("tone"))
    await hexagon.run_all()
    assert (model.row_price, model.state) == (5, ModelState.ACTIVE)
    assert [(await hexagon.prediction(each)).prediction.charged for each in (before, after)] == [1, 5]
    assert await hexagon.balanced()


async def test_a_retired_model_is_offered_no_more_until_it_is_activated_again(hexagon: Hexagon) -> None:
    retired = await hexagon.change_model(ref=hexagon.model.ref, state=ModelState.RETIRED)
    assert retired.state is ModelState.RETIRED
    with pytest.raises(ModelNotFound):
        await hexagon.models.get("tone@1")

    back = await hexagon.change_model(ref=hexagon.model.ref, state=ModelState.ACTIVE)

    assert back.state is ModelState.ACTIVE
    assert await hexagon.models.get("tone") == back


async def test_an_older_version_can_be_made_the_active_one(hexagon: Hexagon, tmp_path: Path) -> None:
    file = a_file(tmp_path, features={"text": "text"}, classes=["long", "short"])
    newer = (await hexagon.register_model(file=file, name="tone")).model
    assert (await hexagon.models.get("tone")).ref == newer.ref

    await hexagon.change_model(ref=hexagon.model.ref, state=ModelState.ACTIVE)

    assert (await hexagon.models.get("tone")).ref == hexagon.model.ref
    assert not (await hexagon.models.version(newer.ref)).is_active


async def test_a_bad_price_changes_nothing(hexagon: Hexagon) -> None:
    with pytest.raises(InvalidAmount):
        await hexagon.change_model(ref=hexagon.model.ref, row_price=-1, state=ModelState.RETIRED)

    assert await hexagon.models.get("tone") == hexagon.model


async def test_a_model_that_is_not_there_cannot_be_changed(hexagon: Hexagon) -> None:
    with pytest.raises(ModelNotFound):
        await hexagon.change_model(ref=ModelRef("tone", 2), state=ModelState.ACTIVE)
