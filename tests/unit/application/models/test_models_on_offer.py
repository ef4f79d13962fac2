"""Registering a model file, and pricing, activating and retiring what is on offer."""

from pathlib import Path

import pytest

from augury.domain.balance import InvalidAmount
from augury.domain.model import (
    Feature,
    FeatureKind,
    InvalidModelName,
    ModelNotFound,
    ModelRef,
    ModelRefused,
    Task,
)
from tests.hexagon import Hexagon


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "model.json"
    path.write_text(
        '{"features": {"age": "numeric", "text": "text"}, "classes": ["a", "b"], "metrics": {"f1": 0.5}}'
    )
    return path


async def test_a_file_is_offered_by_what_it_says_of_itself(hexagon: Hexagon, file: Path) -> None:
    model = await hexagon.register_model(file=file, name="spam", row_price=3)

    assert model.ref == ModelRef("spam", 1)
    assert (model.facts.task, model.facts.classes) == (Task.CLASSIFICATION, ("a", "b"))
    assert model.facts.schema.features == (
        Feature("age", FeatureKind.NUMERIC),
        Feature("text", FeatureKind.TEXT),
    )
    assert await hexagon.models.get("spam") == model
    assert await hexagon.model_store.path(model.sha256) == file


async def test_each_file_is_the_next_version_of_its_name(hexagon: Hexagon, file: Path) -> None:
    versions = [await hexagon.register_model(file=file, name="spam", row_price=1) for _ in range(3)]
    quiet = await hexagon.register_model(file=file, name="spam", row_price=1, activate=False)

    assert [model.ref.version for model in (*versions, quiet)] == [1, 2, 3, 4]
    assert (await hexagon.models.get("spam")).ref.version == 3
    assert [model.active for model in await hexagon.models.all() if model.ref.name == "spam"] == [
        False,
        False,
        True,
        False,
    ]


@pytest.mark.parametrize("content", [b"", b"\x00\xff", b"{}", b"[]", b'{"features": {"a": "sound"}}'])
async def test_a_file_that_is_no_model_is_refused_with_the_reason(
    hexagon: Hexagon, file: Path, content: bytes
) -> None:
    file.write_bytes(content)

    with pytest.raises(ModelRefused) as refusal:
        await hexagon.register_model(file=file, name="spam", row_price=1)

    assert refusal.value.reason
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
    assert (model.row_price, model.active, model.retired) == (5, True, False)
    assert [(await hexagon.prediction(each)).prediction.charged for each in (before, after)] == [1, 5]
    assert await hexagon.balanced()


async def test_a_retired_model_is_offered_no_more_until_it_is_activated_again(hexagon: Hexagon) -> None:
    retired = await hexagon.change_model(ref=hexagon.model.ref, retire=True)
    assert (retired.active, retired.retired) == (False, True)
    with pytest.raises(ModelNotFound):
        await hexagon.models.get("tone@1")

    back = await hexagon.change_model(ref=hexagon.model.ref, activate=True)

    assert (back.active, back.retired) == (True, False)
    assert await hexagon.models.get("tone") == back


async def test_an_older_version_can_be_made_the_active_one(hexagon: Hexagon, file: Path) -> None:
    newer = await hexagon.register_model(file=file, name="tone", row_price=1)

    await hexagon.change_model(ref=hexagon.model.ref, activate=True)

    assert (await hexagon.models.get("tone")).ref == hexagon.model.ref
    assert not (await hexagon.models.version(newer.ref)).active


async def test_a_bad_price_changes_nothing(hexagon: Hexagon) -> None:
    with pytest.raises(InvalidAmount):
        await hexagon.change_model(ref=hexagon.model.ref, row_price=-1, retire=True)

    assert await hexagon.models.get("tone") == hexagon.model


async def test_a_model_that_is_not_there_cannot_be_changed(hexagon: Hexagon) -> None:
    with pytest.raises(ModelNotFound):
        await hexagon.change_model(ref=ModelRef("tone", 2), activate=True)
