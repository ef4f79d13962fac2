"""`top`: an answer lists the likeliest classes, and the sum of the others. By rows and in batches."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec import structs

from augury.application.ports import Json
from augury.application.predictions.ports.predictor import Question
from augury.domain.answer_form import ModelTask
from augury.domain.model_facts import ModelFacts, NoClasses
from augury.inbound.tables.results.csv_results import CsvWriter
from augury.inbound.tables.results.ndjson_results import NdjsonWriter
from augury.inbound.tables.results.words import ResultWords
from augury.inbound.tables.results.writer import RawPart
from augury.inbound.tables.sheet import CsvSheet as FileSheet
from augury.inbound.tables.uploads.ndjson_upload import NdjsonUpload
from augury.inbound.tables.writing import written
from augury.outbound.catboost.file import facts_of, open_model
from augury.outbound.catboost.loaded import LoadedModel
from augury.outbound.catboost.questions import Bounds, answer
from augury.outbound.catboost.seen import seen_in
from augury.outbound.catboost.slices import answer_slice
from augury.slices.sheet import encode_sheet
from tests.catboost_models import numeric_pool, regression_model, train

CLASSES = 12
ROWS = [{"x": index / 7 - 1, "y": 1 - index / 5} for index in range(9)]


@pytest.fixture(scope="module", params=[ModelTask.CLASSIFICATION, ModelTask.MULTILABEL])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    file = tmp_path_factory.mktemp("top") / "m.cbm"
    numbers = np.random.default_rng(3)
    if request.param is ModelTask.CLASSIFICATION:
        train(numeric_pool(target=numbers.integers(CLASSES, size=240)), file, loss="MultiClass")
    else:
        train(numeric_pool(target=numbers.integers(2, size=(240, CLASSES))), file, loss="MultiLogloss")
    catboost = open_model(file)
    facts = facts_of(catboost)
    assert facts.task is request.param
    return LoadedModel.of(catboost, facts, facts, seen_in(file), 1)


def answers(model: LoadedModel, rows: Sequence[object], top: int | None, most: int = 100) -> list[Any]:
    question = Question(Json(json.dumps(rows).encode()), single=False, rows=len(rows), top=top)
    [outcome] = answer(model, [question], 100, Bounds(max_classes=most))
    found: list[Any] = json.loads(outcome.output or b"[]")
    return found


def require_likeliest(found: dict[str, Any], whole: dict[str, Any], top: int) -> None:
    """`found` decides as `whole` does, and lists its highest probabilities in order."""
    best = sorted(whole["probabilities"].items(), key=lambda each: -each[1])[:top]
    assert list(found["probabilities"].items()) == best
    rest = sum(whole["probabilities"].values()) - sum(share for _, share in best)
    assert found["others"] == pytest.approx(rest, rel=1e-6)
    assert {**found, "probabilities": 0, "others": 0} == {**whole, "probabilities": 0, "others": 0}


@pytest.mark.parametrize("top", [1, 3, CLASSES - 1])
def test_an_answer_lists_the_likeliest_classes_and_adds_up_the_others(model: LoadedModel, top: int) -> None:
    whole = answers(model, ROWS, None)

    for found, each in zip(answers(model, ROWS, top), whole, strict=True):
        require_likeliest(found, each, top)
    for found, each in zip(answers(model, ROWS, None, most=top), whole, strict=True):
        require_likeliest(found, each, top)


@pytest.mark.parametrize("top", [CLASSES, CLASSES + 1, 32_767])
def test_as_many_as_there_are_are_all(model: LoadedModel, top: int) -> None:
    assert answers(model, ROWS, top, most=2) == answers(model, ROWS, None)
    assert "others" not in answers(model, ROWS, top)[0]


def test_each_question_of_a_batch_has_its_own_number(model: LoadedModel) -> None:
    texts = [Json(json.dumps([{}, *ROWS[:3]]).encode()), Json(json.dumps(ROWS[3:5]).encode())]
    asked = [
        Question(texts[0], single=False, rows=4, top=2),
        Question(texts[1], single=False, rows=2),
        Question(Json(json.dumps(ROWS[5]).encode()), single=True, top=1),
    ]

    outcomes = answer(model, asked, 100)

    listed = [json.loads(each.output or b"") for each in outcomes]
    assert listed[0][0] is None
    assert [len(each["probabilities"]) for each in listed[0][1:]] == [2, 2, 2]
    assert [len(each["probabilities"]) for each in listed[1]] == [CLASSES, CLASSES]
    assert len(listed[2]["probabilities"]) == 1
    assert [each.row for each in outcomes[0].errors] == [0]


def test_the_results_of_a_batch_list_the_likeliest(model: LoadedModel) -> None:
    """A column for each place, not for each class."""
    upload = NdjsonUpload(model.facts, most_rows=100)
    [part] = [*upload.feed(b"".join(json.dumps(row).encode() + b"\n" for row in ROWS)), *upload.finish()]
    sheet = structs.replace(upload.sheet(), top=2)
    outcome = answer_slice(model, encode_sheet(sheet), part.content, 100)
    raw, words = RawPart(1, part.content, outcome.content, ""), ResultWords(error=str, warning=str)

    lines = NdjsonWriter(sheet, words).write(raw).splitlines()
    header, first, *_ = (CsvWriter(sheet, words).begin() + CsvWriter(sheet, words).write(raw)).splitlines()

    expected = answers(model, ROWS, 2)
    assert [json.loads(line)["output"] for line in lines] == expected
    listed = b"top_1,p_top_1,top_2,p_top_2,p_others"
    assert header.split(b",", 4)[-1] == listed + b",error,warning"
    (name, share), _ = expected[0]["probabilities"].items()
    assert f",{name},{share!r},".encode() in first


def test_a_file_of_the_bot_lists_the_likeliest(model: LoadedModel) -> None:
    found = answers(model, ROWS[:2], 2)
    sheet = FileSheet(delimiter=",", decimal=".", header=["x", "y"], features=["x", "y"], carried=())

    head, *lines = b"".join(
        written(sheet, ROWS[:2], found, {}, row_name="row", error_name="error")
    ).splitlines()

    assert head.endswith(b"top_1,p_top_1,top_2,p_top_2,p_others,error")
    for line, each in zip(lines, found, strict=True):
        listed = [cell for pair in each["probabilities"].items() for cell in pair]
        assert line.endswith(",".join(map(str, [*listed, each["others"], ""])).encode())


@pytest.mark.parametrize("top", [None, 1, 4, CLASSES])
def test_the_stated_bound_holds(model: LoadedModel, top: int | None) -> None:
    facts: ModelFacts = model.facts
    most = facts.answer_bytes(facts.listed(top, most=100))

    assert max(len(json.dumps(each, separators=(",", ":"))) for each in answers(model, ROWS, top)) <= most
    assert most <= facts.answer_bytes() + 100


def test_a_model_without_classes_refuses_it(tmp_path: Path) -> None:
    facts = facts_of(open_model(regression_model(tmp_path / "m.cbm")))

    assert facts.listed(None, most=1) is None
    with pytest.raises(NoClasses):
        facts.listed(1, most=1)
