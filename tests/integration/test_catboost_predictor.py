import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from catboost import CatBoost, Pool
from typing_extensions import override

from augury.application.limits import Limits
from augury.application.models.ports.models import ModelUnavailable
from augury.application.models.speeds import Speeds
from augury.application.ports import Json
from augury.application.predictions.ports.predictor import Outcome, Question
from augury.domain.answer_form import ModelTask
from augury.domain.feature import Feature, FeatureKind
from augury.domain.input_schema import InputSchema
from augury.domain.lane import Lane, SliceLimit
from augury.domain.model import Model
from augury.domain.row_errors import RowError, RowFault
from augury.domain.speed import FEW, Speed
from augury.outbound.catboost import questions
from augury.outbound.catboost.calls import NICENESS
from augury.outbound.catboost.library import load_pandas
from augury.outbound.catboost.predictor import CatBoostPredictor, CatBoostSettings
from augury.outbound.catboost.spare import SpareProcessor
from augury.outbound.model_store import FolderModelStore
from tests.catboost_models import (
    NAMES,
    ROW,
    binary_model,
    many_classes_model,
    mixed_rows,
    registered,
    regression_model,
    train,
)

ROWS: list[dict[str, object]] = [dict(zip(NAMES, row, strict=True)) for row in mixed_rows(9)]


@pytest.fixture
def store(tmp_path: Path) -> FolderModelStore:
    return FolderModelStore(tmp_path / "models")


@pytest.fixture
async def predictor(store: FolderModelStore) -> AsyncIterator[CatBoostPredictor]:
    predictor = CatBoostPredictor(store)
    yield predictor
    predictor.close()


@pytest.fixture
async def binary(store: FolderModelStore, tmp_path: Path) -> Model:
    return await registered(binary_model(tmp_path / "binary.cbm"), store)


def one(row: object) -> Question:
    return Question(Json(json.dumps(row).encode()), single=True)


def many(rows: Sequence[object]) -> Question:
    return Question(Json(json.dumps(rows).encode()), single=False)


def output(outcome: Outcome) -> Any:
    return None if outcome.output is None else json.loads(outcome.output)


async def test_a_single_row_is_answered_with_one_object(predictor: CatBoostPredictor, binary: Model) -> None:
    [outcome] = await predictor.predict(binary, [one(ROW)])

    answer = output(outcome)
    assert answer["label"] == "1"
    assert list(answer["probabilities"]) == ["0", "1"]
    assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=2e-6)
    assert (outcome.valid_rows, outcome.errors) == (1, ())


async def test_an_array_of_one_row_is_answered_with_an_array_of_one(
    predictor: CatBoostPredictor, binary: Model
) -> None:
    [outcome] = await predictor.predict(binary, [many([ROW])])

    assert [answer["label"] for answer in output(outcome)] == ["1"]


async def test_answers_are_those_of_catboost_itself(
    predictor: CatBoostPredictor, binary: Model, tmp_path: Path
) -> None:
    model = CatBoost()
    model.load_model(str(tmp_path / "binary.cbm"))
    expected = model.predict(mixed_rows(9), prediction_type="Probability")

    [outcome] = await predictor.predict(binary, [many(ROWS)])

    answers = [list(answer["probabilities"].values()) for answer in output(outcome)]
    assert np.array(answers) == pytest.approx(expected, abs=5e-7)
    assert [answer["label"] for answer in output(outcome)] == [str(best) for best in expected.argmax(axis=1)]


async def test_a_row_may_name_its_fields_in_any_order(predictor: CatBoostPredictor, binary: Model) -> None:
    [there, back] = await predictor.predict(binary, [one(ROW), one(dict(reversed(ROW.items())))])

    assert there.output == back.output


async def test_a_classifier_of_many_classes_answers_the_likeliest(
    predictor: CatBoostPredictor, store: FolderModelStore, tmp_path: Path
) -> None:
    model = await registered(many_classes_model(tmp_path / "m.cbm"), store)

    [outcome] = await predictor.predict(model, [many([{"text": "good day"}, {"text": "bad day"}])])

    assert [each["label"] for each in output(outcome)] == ["positive", "negative"]
    for each in output(outcome):
        assert max(each["probabilities"], key=each["probabilities"].get) == each["label"]


@pytest.mark.parametrize("loss", ["RMSE", "Poisson"])
async def test_a_regression_answers_a_value_in_the_unit_it_was_trained_on(
    predictor: CatBoostPredictor, store: FolderModelStore, tmp_path: Path, loss: str
) -> None:
    file = regression_model(tmp_path / "m.cbm", loss)
    model = await registered(file, store)
    expected = CatBoost().load_model(str(file)).predict([[0.5, -0.5]])[0]
    expected = np.exp(expected) if loss == "Poisson" else expected  # learned as a logarithm

    [outcome] = await predictor.predict(model, [one({"x": 0.5, "y": -0.5})])

    assert output(outcome) == {"value": pytest.approx(expected)}


async def test_missing_and_extreme_numbers_are_predicted(
    predictor: CatBoostPredictor, store: FolderModelStore, binary: Model, tmp_path: Path
) -> None:
    extremes = [None, 0, 10**38, -(10**38), 3.4028234663852886e38, 1e-320]
    regression = await registered(regression_model(tmp_path / "m.cbm"), store)

    [numbers] = await predictor.predict(regression, [many([{"x": n, "y": None} for n in extremes])])
    [mixed] = await predictor.predict(binary, [many([{**ROW, "age": n} for n in extremes])])

    assert (numbers.valid_rows, mixed.valid_rows) == (6, 6)


async def test_unseen_categories_and_odd_texts_are_predicted(
    predictor: CatBoostPredictor, binary: Model
) -> None:
    rows = [{**ROW, "city": city} for city in ("Atlantis", "", 7, -(2**63) + 1)]
    rows += [{**ROW, "text": text} for text in ("", " ", "🙂", "x" * 100_000, "\n\t")]

    [outcome] = await predictor.predict(binary, [many(rows)])

    assert outcome.valid_rows == len(rows)


async def test_a_bad_row_is_null_with_its_reason_and_its_neighbours_are_answered(
    predictor: CatBoostPredictor, binary: Model
) -> None:
    [outcome] = await predictor.predict(binary, [many([ROW, {**ROW, "age": "33"}, ROW, {"age": 1}])])

    assert [answer and answer["label"] for answer in output(outcome)] == ["1", None, "1", None]
    assert outcome.valid_rows == 2
    assert list(outcome.errors) == [
        RowError(1, "age", RowFault.NOT_A_NUMBER),
        RowError(3, "city", RowFault.MISSING),
    ]


async def test_each_question_counts_its_rows_from_0(predictor: CatBoostPredictor, binary: Model) -> None:
    bad = {**ROW, "text": None}

    outcomes = await predictor.predict(binary, [one(ROW), many([bad, ROW]), one(bad), many([ROW, ROW, bad])])

    assert [outcome.valid_rows for outcome in outcomes] == [1, 1, 0, 2]
    assert [[error.row for error in outcome.errors] for outcome in outcomes] == [[], [0], [0], [2]]
    assert [type(output(outcome)) for outcome in outcomes] == [dict, list, type(None), list]


@pytest.mark.parametrize(
    "question",
    [
        one(5),
        one([ROW]),
        many([5]),
        Question(Json(b"{"), single=True),
        Question(Json(b""), single=False),
        Question(Json(b"\xff"), single=True),
        Question(Json(b"[" * 100_000), single=False),
        Question(Json(b'{"age": 1e999}'), single=True),
        Question(Json(b'{"age": 1}'), single=False),
    ],
    ids=lambda question: repr(question.input[:20]),
)
async def test_what_is_no_row_fails_alone(
    predictor: CatBoostPredictor, binary: Model, question: Question
) -> None:
    before, bad, after = await predictor.predict(binary, [one(ROW), question, one(ROW)])

    assert (bad.valid_rows, bad.output) == (0, None)
    assert [error.row for error in bad.errors] == [0]
    assert before.valid_rows == after.valid_rows == 1
    assert before.output == after.output


async def test_no_rows_are_answered_with_nothing(predictor: CatBoostPredictor, binary: Model) -> None:
    assert await predictor.predict(binary, []) == []
    assert await predictor.predict(binary, [many([])]) == [Outcome(0, None)]


async def test_a_row_without_a_finite_answer_fails_alone(
    predictor: CatBoostPredictor, store: FolderModelStore, tmp_path: Path
) -> None:
    poisson = await registered(overflowing_model(tmp_path / "m.cbm"), store)

    low, high = await predictor.predict(poisson, [one({"x": -5, "y": 0}), one({"x": 5, "y": 0})])

    assert (low.valid_rows, high.valid_rows) == (1, 0)
    assert list(high.errors) == [RowError(0, None, RowFault.NOT_PREDICTED)]


async def test_a_batch_of_many_questions_is_answered_in_order(
    predictor: CatBoostPredictor, binary: Model
) -> None:
    alone = [(await predictor.predict(binary, [one(row)]))[0] for row in ROWS]

    together = await predictor.predict(binary, [one(row) for row in ROWS * 30])

    assert together == alone * 30


async def test_batches_at_the_same_time_do_not_disturb_each_other(
    predictor: CatBoostPredictor, store: FolderModelStore, binary: Model, tmp_path: Path
) -> None:
    other = await registered(regression_model(tmp_path / "m.cbm"), store)
    [[label]] = [await predictor.predict(binary, [one(ROW)])]
    [[value]] = [await predictor.predict(other, [one({"x": 1, "y": 1})])]

    answers = await asyncio.gather(
        *(
            predictor.predict(*question)
            for question in [(binary, [one(ROW)]), (other, [one({"x": 1, "y": 1})])] * 20
        )
    )

    assert answers == [[label], [value]] * 20


async def test_a_loaded_model_needs_its_file_no_more(
    predictor: CatBoostPredictor, store: FolderModelStore, binary: Model
) -> None:
    first = await predictor.predict(binary, [one(ROW)])
    (await store.path(binary.sha256)).unlink()

    assert await predictor.predict(binary, [one(ROW)]) == first


async def test_only_so_many_models_stay_loaded_and_the_one_used_longest_ago_goes(
    store: FolderModelStore, binary: Model, tmp_path: Path
) -> None:
    predictor = CatBoostPredictor(store, CatBoostSettings(loaded_models=2))
    second = await registered(many_classes_model(tmp_path / "2.cbm"), store)
    third = await registered(regression_model(tmp_path / "3.cbm"), store)
    await predictor.predict(binary, [one(ROW)])
    await predictor.predict(second, [one({"text": "good day"})])
    await predictor.predict(binary, [one(ROW)])
    await predictor.predict(third, [one({"x": 1, "y": 1})])
    for model in (binary, second, third):
        (await store.path(model.sha256)).unlink()

    assert (await predictor.predict(binary, [one(ROW)]))[0].valid_rows == 1
    assert (await predictor.predict(third, [one({"x": 1, "y": 1})]))[0].valid_rows == 1
    with pytest.raises(ModelUnavailable):
        await predictor.predict(second, [one({"text": "good day"})])
    predictor.close()


async def test_each_model_is_explained_by_itself_although_others_left_the_memory(
    store: FolderModelStore, tmp_path: Path
) -> None:
    """A model that is unloaded leaves its place in memory, and its id, to another one."""
    predictor = CatBoostPredictor(store, CatBoostSettings(loaded_models=3))
    models = []
    for height in range(12):
        catboost = CatBoost().load_model(str(regression_model(tmp_path / "base.cbm")))
        catboost.set_scale_and_bias(1, float(height))
        catboost.save_model(str(tmp_path / f"{height}.cbm"))
        models.append(await registered(tmp_path / f"{height}.cbm", store))
    asked = replace(one({"x": 1, "y": 1}), explain=9)

    for turn in range(60):
        model = models[turn * 5 % 12]
        found = output((await predictor.predict(model, [asked]))[0])
        assert found["explanations"][0]["total"] == pytest.approx(found["value"])
        await predictor.predict(models[turn * 7 % 12], [one({"x": 1, "y": 1})])
    predictor.close()


async def test_a_missing_model_is_unavailable_until_it_is_back(
    predictor: CatBoostPredictor, store: FolderModelStore, binary: Model, tmp_path: Path
) -> None:
    (await store.path(binary.sha256)).unlink()

    with pytest.raises(ModelUnavailable):
        await predictor.predict(binary, [one(ROW)])

    await store.put(tmp_path / "binary.cbm")
    assert (await predictor.predict(binary, [one(ROW)]))[0].valid_rows == 1


async def test_a_changed_file_is_unavailable(
    predictor: CatBoostPredictor, store: FolderModelStore, binary: Model
) -> None:
    path = await store.path(binary.sha256)
    path.write_bytes(path.read_bytes()[:-1])

    with pytest.raises(ModelUnavailable, match="was changed"):
        await predictor.predict(binary, [one(ROW)])


async def test_a_file_that_is_no_model_is_unavailable(
    predictor: CatBoostPredictor, store: FolderModelStore, binary: Model, tmp_path: Path
) -> None:
    (tmp_path / "no.cbm").write_bytes(b"no model")
    broken = replace(binary, sha256=await store.put(tmp_path / "no.cbm"))

    with pytest.raises(ModelUnavailable, match="tested@1: it does not begin like a CatBoost binary model"):
        await predictor.predict(broken, [one(ROW)])


async def test_a_file_that_is_another_model_than_registered_is_unavailable(
    predictor: CatBoostPredictor, binary: Model
) -> None:
    schema = InputSchema((Feature("text", FeatureKind.TEXT),))
    other = replace(binary, facts=replace(binary.facts, task=ModelTask.CLASSIFICATION, schema=schema))

    with pytest.raises(ModelUnavailable, match="differ from the registered ones"):
        await predictor.predict(other, [one({"text": "good day"})])


async def test_the_event_loop_turns_while_a_model_works(predictor: CatBoostPredictor, binary: Model) -> None:
    under_way = asyncio.create_task(predictor.predict(binary, [many(ROWS * 2_000)]))
    turns = 0
    while not under_way.done():
        turns += 1
        await asyncio.sleep(0)

    assert turns > 2  # one to start it, one to see it done
    assert (await under_way)[0].valid_rows == 18_000


def test_serving_a_model_takes_under_300_mb_and_writes_nothing(tmp_path: Path) -> None:
    file = many_classes_model(tmp_path / "m.cbm")
    folder = tmp_path / "empty"
    folder.mkdir()

    found = subprocess.run(
        [sys.executable, "-c", SERVING, str(file)], cwd=folder, capture_output=True, text=True, check=True
    )

    peak_mib, drawing = json.loads(found.stdout)
    assert peak_mib < 300
    assert drawing == []
    assert list(folder.iterdir()) == []


SERVING = """
import json, re, sys
from pathlib import Path
from augury.application.ports import Json
from augury.application.predictions.ports.predictor import Question
from augury.outbound.catboost.file import (facts_of, open_model)
from augury.outbound.catboost.loaded import LoadedModel
from augury.outbound.catboost.questions import answer
from augury.outbound.catboost.seen import seen_in

model = open_model(Path(sys.argv[1]))
facts = facts_of(model)
loaded = LoadedModel.of(model, facts, facts, seen_in(Path(sys.argv[1])), 1)
rows = json.dumps([{"text": "good day " * 10}] * 10_000).encode()
assert answer(loaded, [Question(Json(rows), False)], 100)[0].valid_rows == 10_000
status = Path("/proc/self/status").read_text()  # ru_maxrss would begin with what the parent had
peak = int(re.search(r"VmHWM:\\s*(\\d+)", status)[1]) // 1024
drawing = [name for name in ("matplotlib", "plotly", "graphviz", "IPython") if name in sys.modules]
print(json.dumps([peak, drawing]))
"""


def overflowing_model(file: Path) -> Path:
    """For high x, its answer is e to the power of a million, which no double can hold."""
    x = np.linspace(-5, 5, 60)
    pool = Pool(np.stack([x, x * 0], axis=1), np.where(x > 0, 1000, 0.001), feature_names=["x", "y"])
    train(pool, file, loss="Poisson")
    model = CatBoost().load_model(str(file))
    model.set_scale_and_bias(1_000_000.0, 0.0)
    model.save_model(str(file))
    return file


async def test_booleans_of_json_are_what_catboost_kept_of_booleans_in_training(
    predictor: CatBoostPredictor, store: FolderModelStore, tmp_path: Path
) -> None:
    pool = boolean_pool([True, False] * 30)
    model = await registered(train(pool, tmp_path / "m.cbm", loss="RMSE"), store)
    expected = CatBoost().load_model(str(tmp_path / "m.cbm")).predict(boolean_pool([True, False]))

    [booleans, numbers, floats] = await predictor.predict(
        model,
        [many([{"paid": yes, "old": True}, {"paid": no, "old": True}]) for yes, no in YES_AND_NO],
    )

    assert expected[0] != pytest.approx(expected[1], abs=0.1)
    assert [answer["value"] for answer in output(booleans)] == pytest.approx(list(expected))
    assert output(booleans) == output(numbers) == output(floats)


YES_AND_NO = [(True, False), (1, 0), (1.0, 0.0)]


def boolean_pool(paid: Sequence[bool]) -> Pool:
    """Two booleans, "paid" as a category and "old" as a number. The target is 10 if "paid", else 0."""
    # CatBoost may have been loaded without pandas by then, by another module.
    frame = load_pandas().DataFrame({"paid": list(paid), "old": [True] * len(paid)})
    return Pool(frame, [10.0 * each for each in paid], cat_features=["paid"])


async def test_the_text_of_rows_that_are_not_predicted_is_counted_for_each_question(
    predictor: CatBoostPredictor, binary: Model
) -> None:
    good, bad = {**ROWS[0], "text": "добрый"}, {**ROWS[1], "text": "xx", "age": "old"}

    outcomes = await predictor.predict(
        binary, [many([good, bad]), one(good), many([good, bad, {"text": "xyz"}])]
    )

    assert [each.valid_rows for each in outcomes] == [1, 1, 1]
    assert [each.unpredicted_text_bytes for each in outcomes] == [2, 0, 5]


async def test_a_row_whose_text_is_too_long_is_not_predicted(store: FolderModelStore, binary: Model) -> None:
    predictor = CatBoostPredictor(store, max_text=20)
    try:
        [outcome] = await predictor.predict(binary, [many([ROWS[0], {**ROWS[1], "text": "x" * 21}])])
    finally:
        predictor.close()

    assert outcome.errors == [RowError(1, "text", RowFault.TOO_LONG)]
    assert (outcome.valid_rows, outcome.unpredicted_text_bytes) == (1, 21)


async def test_a_large_question_is_answered_in_slices_like_a_small_one(
    store: FolderModelStore, binary: Model, tmp_path: Path
) -> None:
    unlike = await registered(regression_model(tmp_path / "regression.cbm"), store)
    rows: list[object] = [*ROWS, {"number": "no"}, *ROWS, 7, *ROWS]
    questions = [one(ROW), replace(many(rows), rows=len(rows)), many(ROWS[:2])]
    whole, sliced = CatBoostPredictor(store), CatBoostPredictor(store, most=SliceLimit(rows=4, size=10_000))
    try:
        for model in (binary, unlike):
            expected = await whole.predict(model, questions)
            found = await sliced.predict(model, questions)

            assert [output(each) for each in found] == [output(each) for each in expected]
            assert [each.valid_rows for each in found] == [each.valid_rows for each in expected]
            assert [list(each.errors) for each in found] == [list(each.errors) for each in expected]
            assert [each.unpredicted_text_bytes for each in found] == [
                each.unpredicted_text_bytes for each in expected
            ]
    finally:
        whole.close()
        sliced.close()


class Recording(Speeds):
    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self.calls: list[tuple[float, float]] = []

    @override
    def note(self, model: Model, units: float, seconds: float) -> None:
        self.calls.append((units, seconds))


async def test_a_slow_model_is_called_with_fewer_rows_at_a_time(
    store: FolderModelStore, binary: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    clocks = threading.local()

    def one_second_later() -> float:
        clocks.now = getattr(clocks, "now", 0.0) + 1.0
        return float(clocks.now)

    monkeypatch.setattr(time, "thread_time", one_second_later)
    limits = Limits(slice_rows=8, slice_time=timedelta(seconds=0.1))
    slow = replace(binary, speed=Speed.of_call(1_000, 25.0))  # 25 ms a row
    speeds, rows = Recording(limits), ROWS[:8]
    predictor = CatBoostPredictor(store, None, limits.slice, speeds)
    question = replace(many(rows), rows=len(rows))
    try:
        [whole] = await predictor.predict(binary, [question])
        [cut] = await predictor.predict(slow, [question])
    finally:
        predictor.close()

    assert speeds.calls == [(8, 1.0), (4, 1.0), (4, 1.0)]  # without the time to load the model
    assert output(cut) == output(whole)


async def test_two_slices_of_a_large_question_run_at_the_same_time_while_a_processor_is_free(
    store: FolderModelStore, binary: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, turn = threading.Barrier(2), threading.Lock()

    def together(*arguments: Any) -> list[Outcome]:
        both.wait(30)  # raises if nobody else comes
        return questions.answer(*arguments)

    def alone(*arguments: Any) -> list[Outcome]:
        assert turn.acquire(blocking=False)
        try:
            return questions.answer(*arguments)
        finally:
            turn.release()

    question = replace(many(ROWS[:4]), rows=4)
    predictor = CatBoostPredictor(store, None, Limits(slice_rows=2).slice)
    try:
        [expected] = await predictor.predict(binary, [replace(question, rows=2)], lane=Lane.BULK)
        predictor._calls.spare = SpareProcessor(lambda: 0.0)
        monkeypatch.setattr("augury.outbound.catboost.predictor.answer", together)
        [found] = await predictor.predict(binary, [question], lane=Lane.BULK)
        predictor._calls.spare.note(used=0.0, passed=1.0)
        monkeypatch.setattr("augury.outbound.catboost.predictor.answer", alone)
        [later] = await predictor.predict(binary, [question], lane=Lane.BULK)
    finally:
        predictor.close()

    assert output(found) == output(later) == output(expected)


async def test_a_model_whose_speed_is_not_known_is_tried_with_a_few_rows(
    store: FolderModelStore, binary: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What these take decides how many rows are predicted at a time. Others may run before each slice."""
    clocks = threading.local()

    def half_a_second_later() -> float:
        clocks.now = getattr(clocks, "now", 0.0) + 0.5
        return float(clocks.now)

    monkeypatch.setattr(time, "thread_time", half_a_second_later)
    events: list[object] = []

    class Noted(Speeds):
        @override
        def note(self, model: Model, units: float, seconds: float) -> None:
            events.append(units)
            super().note(model, units, seconds)

    @asynccontextmanager
    async def turn() -> AsyncIterator[None]:
        events.append("others")
        yield

    limits = Limits(slice_time=timedelta(seconds=1))
    rows = [ROW] * 100
    predictor = CatBoostPredictor(store, None, limits.slice, Noted(limits))
    try:
        [outcome] = await predictor.predict(binary, [replace(many(rows), rows=len(rows))], turn)
    finally:
        predictor.close()

    assert outcome.valid_rows == len(rows)
    first, *more = [each for each in events if isinstance(each, int | float)]
    assert first == FEW
    assert FEW < more[0] < len(rows) - FEW, "as many as the measured 40 ms a row allow"
    assert events[::2] == ["others"] * (1 + len(more))


async def test_only_calls_that_are_known_to_be_short_keep_the_event_loop(
    predictor: CatBoostPredictor, binary: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_loop: list[bool] = []

    def noted(*arguments: Any) -> list[Outcome]:
        in_the_loop.append(threading.current_thread() is threading.main_thread())
        return questions.answer(*arguments)

    monkeypatch.setattr("augury.outbound.catboost.predictor.answer", noted)
    quick = replace(binary, speed=Speed.of_call(1_000, 0.02))  # 20 µs a row
    slow = replace(binary, speed=Speed.of_call(1_000, 2.0))  # 2 ms a row
    several = [replace(many(ROWS), rows=len(ROWS))] * 20
    await predictor.predict(binary, [one(ROW)])
    await predictor.predict(slow, [one(ROW)])
    await predictor.predict(quick, several)
    await predictor.predict(quick, [one(ROW)], lane=Lane.BULK)
    await predictor.predict(quick, [one(ROW)])

    assert in_the_loop == [False, False, False, False, True]


async def test_bulk_work_gives_way_to_small_work_on_a_busy_machine(
    predictor: CatBoostPredictor, binary: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[int] = []

    def noted(*arguments: Any) -> list[Outcome]:
        found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        return questions.answer(*arguments)

    monkeypatch.setattr("augury.outbound.catboost.predictor.answer", noted)
    for lane in (Lane.SMALL, Lane.BULK):
        await predictor.predict(binary, [many(ROWS)], lane=lane)

    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    assert found == [own, min(own + NICENESS, 19)]


async def test_two_lanes_may_ask_one_model_at_the_same_time(
    predictor: CatBoostPredictor, binary: Model
) -> None:
    [expected] = await predictor.predict(binary, [many(ROWS)])

    async def ask(times: int) -> list[Outcome]:
        return [(await predictor.predict(binary, [many(ROWS)]))[0] for _ in range(times)]

    for outcomes in await asyncio.gather(ask(200), ask(200)):
        assert all(outcome == expected for outcome in outcomes)
