import asyncio
import gzip
import pickle
import re
import struct
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from catboost import CatBoost

from augury.domain.answer_form import ModelTask
from augury.domain.answer_meaning import ProbabilitiesAre
from augury.domain.feature import Feature, FeatureKind
from augury.domain.input_schema import InputSchema
from augury.domain.model import ModelRefused
from augury.domain.model_facts import ModelFacts
from augury.domain.model_texts import ModelTexts
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.outbound.catboost.file import facts_of, open_model
from augury.outbound.catboost.inspector import CatBoostInspector, InspectorSettings
from augury.outbound.catboost.metadata import OwnFacts
from tests.catboost_models import (
    CITIES,
    binary_model,
    many_classes_model,
    numeric_pool,
    regression_model,
    train,
)

LABELS = np.arange(60) % 2


async def test_a_binary_classifier_tells_its_features_and_classes(tmp_path: Path) -> None:
    file = binary_model(tmp_path / "m.cbm")

    assert await CatBoostInspector().inspect(file) == ModelFacts(
        task=ModelTask.CLASSIFICATION,
        schema=InputSchema(
            (
                Feature("age", FeatureKind.NUMERIC),
                Feature("city", FeatureKind.CATEGORICAL),
                Feature("text", FeatureKind.TEXT),
            )
        ),
        classes=("0", "1"),
        metrics={},
        probabilities_are=ProbabilitiesAre.EXCLUSIVE,
        threshold=0.5,
        unexplained=Reason.of(ReasonCode.MIXED_FEATURES),
    )


async def test_a_classifier_of_many_classes_tells_them_in_the_order_of_its_probabilities(
    tmp_path: Path,
) -> None:
    facts = await CatBoostInspector().inspect(many_classes_model(tmp_path / "m.cbm"))

    assert facts.task is ModelTask.CLASSIFICATION
    assert facts.classes == ("negative", "neutral", "positive")


@pytest.mark.parametrize(
    "loss", ["RMSE", "MAE", "Quantile:alpha=0.9", "Poisson", "Tweedie:variance_power=1.5"]
)
def test_a_regression_has_no_classes(tmp_path: Path, loss: str) -> None:
    facts = facts_of(open_model(regression_model(tmp_path / "m.cbm", loss)))

    assert (facts.task, facts.classes) == (ModelTask.REGRESSION, ())


async def test_facts_of_our_own_travel_in_the_file(tmp_path: Path) -> None:
    own = OwnFacts(metrics={"accuracy": 0.75}, categories={"city": CITIES}, training="by a test")

    facts = await CatBoostInspector().inspect(binary_model(tmp_path / "m.cbm", own))

    assert facts.metrics == {"accuracy": 0.75}
    assert [feature.values for feature in facts.schema.features] == [(), CITIES, ()]


async def test_texts_travel_in_the_file(tmp_path: Path) -> None:
    texts = ModelTexts(
        description={"ru": "Кто?"}, features={"city": {"en": "City"}}, labels={"1": {"en": "Yes"}}
    )

    facts = await CatBoostInspector().inspect(binary_model(tmp_path / "m.cbm", OwnFacts(texts=texts)))

    assert facts.texts == texts


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ('{"texts": {"features": {"town": {"en": "Town"}}}}', "the model has no feature 'town'"),
        ('{"titles": {}}', "unknown field `titles`"),
        ("nothing", "cannot be read"),
        (r'{"categories": {"city": ["Pa\u0000ris"]}}', "contains NUL"),
        (r'{"metrics": {"a\u0000uc": 0.9}}', "contains NUL"),
    ],
)
def test_metadata_of_ours_that_does_not_fit_is_refused_in_words(
    tmp_path: Path, facts: str, reason: str
) -> None:
    model = CatBoost().load_model(str(binary_model(tmp_path / "m.cbm")))
    model.get_metadata()["augury"] = facts
    model.save_model(str(tmp_path / "m.cbm"))

    with pytest.raises(ModelRefused) as refused:
        facts_of(open_model(tmp_path / "m.cbm"))
    assert reason in str(refused.value.reason)


async def test_the_five_lines_of_the_documentation_work(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/models.md").read_text(encoding="utf-8")
    script = re.findall(r"```python\n(.*?)```", page, re.DOTALL)[0]
    model = CatBoost().load_model(str(binary_model(tmp_path / "model.cbm")))
    script = script.replace("model.cbm", str(tmp_path / "model.cbm"))

    exec(script, {"model": model})

    facts = await CatBoostInspector().inspect(tmp_path / "model.cbm")
    assert facts.metrics == {"auc": 0.91}
    assert facts.schema.features[1].values == ("Paris", "Rome", "Oslo")
    assert facts.texts.label("1", "ru") == "Уйдёт"


def test_facts_of_a_later_version_are_refused(tmp_path: Path) -> None:
    file = binary_model(tmp_path / "m.cbm", OwnFacts(schema_version=2))

    with pytest.raises(ModelRefused) as refused:
        facts_of(open_model(file))
    assert "version 2" in str(refused.value.reason)


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (LABELS, ("0", "1")),
        (LABELS.astype(bool), ("False", "True")),
        (LABELS * 1.5, ("0.0", "1.5")),
        (np.where(LABELS, "spam", "ham"), ("ham", "spam")),
    ],
)
def test_classes_of_any_type_become_text(
    tmp_path: Path, labels: np.ndarray[Any, Any], classes: tuple[str, ...]
) -> None:
    file = train(numeric_pool(target=labels), tmp_path / "m.cbm")

    assert facts_of(open_model(file)).classes == classes


async def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused) as refused:
        await CatBoostInspector().inspect(tmp_path / "missing.cbm")
    assert str(refused.value.reason) == "it cannot be read: No such file or directory"


@pytest.mark.parametrize(
    ("file_format", "is_", "do"),
    [
        ("json", "a CatBoost model in JSON", 'load_model("model.json", format="json")'),
        ("coreml", "a CatBoost model in Core ML", 'load_model("model.coreml", format="coreml")'),
        ("onnx", "a CatBoost model in ONNX", "save the model where it was trained"),
        ("pmml", "a model in PMML", "save the model where it was trained"),
        ("cpp", "a CatBoost model in C++", "save the model where it was trained"),
        ("python", "a CatBoost model in Python code", "save the model where it was trained"),
    ],
)
async def test_a_model_in_another_format_is_called_by_its_name_with_what_to_do(
    tmp_path: Path, file_format: str, is_: str, do: str
) -> None:
    file, binary = tmp_path / f"model.{file_format}", tmp_path / "model.cbm"
    model = CatBoost().load_model(str(regression_model(binary)))
    model.save_model(str(file), format=file_format)

    with pytest.raises(ModelRefused) as refused:
        await CatBoostInspector().inspect(file)

    assert str(refused.value.reason).startswith(f"it is {is_}, not a CatBoost binary model (.cbm); ")
    assert do in str(refused.value.reason)
    assert str(refused.value.reason).endswith('model.save_model("model.cbm")')
    if "load_model" in do:  # follow the advice in the reason
        CatBoost().load_model(str(file), format=file_format).save_model(str(binary))
        assert facts_of(open_model(binary)).task is ModelTask.REGRESSION


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickled_model_is_called_so_and_never_unpickled(tmp_path: Path, protocol: int) -> None:
    model = CatBoost().load_model(str(regression_model(tmp_path / "m.cbm")))
    file = tmp_path / "m.pkl"
    file.write_bytes(pickle.dumps(model, protocol=protocol))

    with pytest.raises(ModelRefused) as refused:
        open_model(file)
    assert str(refused.value.reason).startswith(
        "it is a pickled CatBoost model, not a CatBoost binary model (.cbm)"
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (pickle.dumps({"a": 1}), "it is a Python pickle, "),
        (gzip.compress(b"CBM1", mtime=0), "it is compressed, "),
        (b"version https://git-lfs.github.com/spec/v1\noid", "it is a pointer of Git LFS, "),
        (b"\n<!DOCTYPE html>\n<html>", "it is a web page, "),
        (b"text,label\n", "it does not begin like a CatBoost binary model (.cbm): "),
        (
            b"CBM1\xff\xff\xff\x7f",
            "it is damaged, or was written by a CatBoost that this one cannot read (CatBoost says: ",
        ),
    ],
)
def test_a_file_that_is_no_model_is_told_what_it_is(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "m.cbm"
    file.write_bytes(content)

    with pytest.raises(ModelRefused) as refused:
        open_model(file)
    assert str(refused.value.reason).startswith(reason)
    assert ".cpp" not in str(refused.value.reason)
    assert len(str(refused.value.reason)) < 300


@pytest.mark.parametrize("content", [b"", b"text,label\n", b"CBM1", b"CBM1\xff\xff\xff\x7f"])
async def test_what_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "m.cbm"
    file.write_bytes(content)

    with pytest.raises(ModelRefused):
        await CatBoostInspector().inspect(file)


async def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    file = binary_model(tmp_path / "m.cbm")
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])

    with pytest.raises(ModelRefused):
        await CatBoostInspector().inspect(file)


async def test_a_crafted_file_ends_the_child_and_is_refused(tmp_path: Path) -> None:
    file = regression_model(tmp_path / "m.cbm")
    sizes = struct.pack("<5i", *[2] * 5)  # the depths of its five trees
    content = file.read_bytes()
    assert content.count(sizes) == 1
    file.write_bytes(content.replace(sizes, b"\x7f" * len(sizes)))

    with pytest.raises(ModelRefused) as refused:
        await CatBoostInspector().inspect(file)
    assert "ended the process (SIG" in str(refused.value.reason)


async def test_a_file_that_claims_more_than_the_childs_memory_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "m.cbm"
    file.write_bytes(b"CBM1" + struct.pack("<I", 2**31))

    with pytest.raises(ModelRefused) as refused:
        await CatBoostInspector(InspectorSettings(memory=2**30)).inspect(file)
    assert "ended the process (SIG" in str(refused.value.reason)


async def test_a_file_that_takes_too_long_is_refused_and_its_child_ended(tmp_path: Path) -> None:
    file = regression_model(tmp_path / "m.cbm")

    with pytest.raises(ModelRefused) as refused:
        await CatBoostInspector(InspectorSettings(timeout=timedelta(milliseconds=1))).inspect(file)

    assert "longer than" in str(refused.value.reason)
    assert children_that_open(file) == []


async def test_a_canceled_inspection_leaves_no_child(tmp_path: Path) -> None:
    file = regression_model(tmp_path / "m.cbm")
    inspection = asyncio.create_task(CatBoostInspector().inspect(file))
    async with asyncio.timeout(30):
        while not children_that_open(file):
            await asyncio.sleep(0.01)

    inspection.cancel()
    with pytest.raises(asyncio.CancelledError):
        await inspection

    assert children_that_open(file) == []


async def test_a_child_learns_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUGURY_SECRET", "for no stranger")
    file = regression_model(tmp_path / "m.cbm")
    inspection = asyncio.create_task(CatBoostInspector().inspect(file))
    seen: list[dict[str, str]] = []
    async with asyncio.timeout(30):
        while not seen:
            seen = [env for child in children_that_open(file) if (env := environment_of(child))]
            await asyncio.sleep(0.01)

    await inspection

    assert all("AUGURY_SECRET" not in environment for environment in seen)


def test_the_inspector_is_used_without_loading_catboost() -> None:
    code = "import sys, augury.outbound.catboost.inspector; print('catboost' in sys.modules)"

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "False"


def children_that_open(file: Path) -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if str(file) in arguments_of(child)]


def arguments_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # it ended meanwhile
        return []


def environment_of(process: psutil.Process) -> dict[str, str]:
    try:
        return process.environ()
    except psutil.Error:  # it ended meanwhile
        return {}
