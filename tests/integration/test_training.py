"""A table becomes a model that can be served, with scores that are true and a card that travels with it."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from catboost import CatBoost

from augury.application.ports import Json
from augury.application.predictions.ports.predictor import Question
from augury.cards.card import Card, decoded
from augury.domain.feature import FeatureKind
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.training_plan import ColumnKind, Cost, Plan, Task
from augury.outbound.catboost.file import facts_of, open_model
from augury.outbound.catboost.inspector import CatBoostInspector
from augury.outbound.catboost.loaded import LoadedModel
from augury.outbound.catboost.questions import answer
from augury.outbound.catboost.seen import seen_in
from augury.outbound.catboost.trainer import train_table
from augury.outbound.training.features import Features
from augury.outbound.training.kinds import Column
from augury.outbound.training.watch import Untrainable, Watch

GOOD, BAD = (
    ("lovely clear day with friends", "so glad we came here"),
    ("rain and cold again", "never coming back"),
)
Row = dict[str, Any]


def churn(count: int = 400) -> list[Row]:
    """Customers who leave if they are young, have few calls, signed up in summer, or complain."""
    random = np.random.default_rng(7)
    rows = []
    for number in range(count):
        day = date(2024, 1, 1) + timedelta(days=int(random.integers(0, 700)))
        age, plan, calls = int(random.integers(18, 80)), random.choice(["basic", "pro", ""]), random.normal()
        complains = random.random() < 0.4
        note = random.choice(BAD if complains else GOOD) + f" {number % 50}"
        risk = 2 * complains + (age < 30) + (plan == "basic") + (6 <= day.month <= 8) + random.normal() * 0.4
        rows.append(
            {
                "customer_id": number * 7919 % 100_003,
                "age": age,
                "plan": plan,
                "calls": f"{calls:.3f}".replace(".", ","),
                "signup": day.isoformat(),
                "note": note,
                "country": "FR",
                "status": "gone" if risk > 2 else "here",
                "churn": "yes" if risk > 2 else "no",
            }
        )
    return rows


def written(file: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, rows[0].keys(), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    return file


def a_plan(**changes: Any) -> Plan:
    asked: dict[str, Any] = {"target": "churn", "trees": 40, "threads": 1}
    return Plan(**(asked | changes))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Card, list[Reason]]:
    folder = tmp_path_factory.mktemp("training")
    found: list[Reason] = []
    steps: list[tuple[int, int]] = []
    watch = Watch(on_found=found.append, on_step=lambda done, total: steps.append((done, total)))
    file = folder / "churn.cbm"
    card = train_table(written(folder / "churn.csv", churn()), a_plan(cost=Cost(1, 4)), file, watch)
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert steps[-1][0] == steps[-1][1]
    return file, card, found


def test_each_column_is_used_as_it_looks_and_said_so(trained: tuple[Path, Card, list[Reason]]) -> None:
    _, card, found = trained

    assert {each.name: each.kind for each in card.features} == {
        "age": "number",
        "plan": "category",
        "calls": "number",
        "signup": "date",
        "note": "text",
    }
    skipped = {each.name: each.why for each in card.skipped}
    assert skipped.keys() == {"customer_id", "country", "status"}
    assert "id" in skipped["customer_id"]
    assert "constant" in skipped["country"]
    assert "reveals the answer" in skipped["status"]
    for name in ("age", "customer_id", "status"):
        assert any(str(each).startswith(f"{name}: ") for each in found)


async def test_the_model_takes_the_customers_own_row(trained: tuple[Path, Card, list[Reason]]) -> None:
    file, card, _ = trained
    facts = await CatBoostInspector().inspect(file)

    assert {each.name: each.kind for each in facts.schema.features} == {
        "age": FeatureKind.NUMERIC,
        "plan": FeatureKind.CATEGORICAL,
        "calls": FeatureKind.NUMERIC,
        "note": FeatureKind.TEXT,
        "signup": FeatureKind.DATE,
    }
    assert facts.classes == ("no", "yes")
    assert facts.threshold == pytest.approx(0.2)
    assert facts.metrics["auc"] == next(each.value for each in card.scores if each.name == "auc")
    assert set(next(each for each in facts.schema.features if each.name == "plan").values) == {
        "basic",
        "pro",
        "",
    }
    assert facts.card is not None
    assert decoded(facts.card) == card


def test_the_scores_are_those_of_a_model_that_learned_something(
    trained: tuple[Path, Card, list[Reason]],
) -> None:
    _, card, _ = trained
    scores = {each.name: each for each in card.scores}

    assert scores["auc"].value > 0.85
    assert scores["auc"].baseline == 0.5
    for each in card.scores:
        assert each.low <= each.value <= each.high
    assert card.train_rows + card.test_rows == card.table_rows == 400
    assert card.confusion is not None
    assert sum(map(sum, card.confusion.rows)) == card.test_rows
    assert sum(each.rows for each in card.calibration) == card.test_rows
    assert card.threshold is not None
    assert card.threshold.cost <= card.threshold.cost_of_always
    assert card.curve is not None
    assert card.curve.validation[-1] < card.curve.validation[0]
    assert sum(each.importance for each in card.features) == pytest.approx(100, abs=0.1)


def served(file: Path, rows: Sequence[Row]) -> list[dict[str, Any]]:
    catboost = open_model(file)
    facts = facts_of(catboost)
    model = LoadedModel.of(catboost, facts, facts, seen_in(file), 1)
    (outcome,) = answer(model, [Question(Json(json.dumps(rows).encode()), single=False)], 100)
    assert not outcome.errors
    assert outcome.output is not None
    found: list[dict[str, Any]] = json.loads(outcome.output)
    return found


def test_it_answers_raw_rows_as_the_features_that_it_learned(
    trained: tuple[Path, Card, list[Reason]],
) -> None:
    file, _, _ = trained
    names = ("age", "plan", "calls", "signup", "note")
    rows = [{name: row[name] for name in names} for row in churn()[:50]]
    for row in rows:
        row["calls"] = float(row["calls"].replace(",", "."))

    answers = served(file, rows)

    model = CatBoost().load_model(str(file))
    table = []
    for row in rows:
        day = date.fromisoformat(row["signup"])
        parts = {"year": day.year, "month": day.month, "day": day.day, "weekday": day.weekday(), "hour": 0}
        values = {**row, **{f"signup.{name}": value for name, value in parts.items()}}
        table.append([values[name] for name in model.feature_names_])
    expected = model.predict(table, "Probability")[:, 1]
    assert [each["probabilities"]["yes"] for each in answers] == pytest.approx(expected, rel=1e-7)
    assert [each["label"] == "yes" for each in answers] == (expected > 0.2).tolist()


def test_training_again_makes_the_same_answers(
    trained: tuple[Path, Card, list[Reason]], tmp_path: Path
) -> None:
    file, card, _ = trained
    again = tmp_path / "again.cbm"

    second = train_table(written(tmp_path / "churn.csv", churn()), a_plan(cost=Cost(1, 4)), again)

    rows = [
        {name: row[name] for name in ("age", "plan", "signup", "note")} | {"calls": 0} for row in churn(20)
    ]
    assert served(file, rows) == served(again, rows)
    assert second.scores == card.scores


def test_a_number_from_parquet(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    x, when = random.normal(size=300), [date(2025, 1, 1) + timedelta(days=n) for n in range(300)]
    price = [5 * a + 3 * day.weekday() for a, day in zip(x, when, strict=True)]
    table = pa.table({"x": x, "when": when, "kind": ["a", "b"] * 150, "price": price})
    pq.write_table(table, tmp_path / "prices.parquet")

    plan = a_plan(target="price", time="when", kinds={"when": ColumnKind.DATE}, trees=150)
    card = train_table(tmp_path / "prices.parquet", plan, tmp_path / "price.cbm")

    assert (card.task, card.confusion, card.threshold) == ("number", None, None)
    assert {each.name: each for each in card.scores}["r2"].value > 0.3
    assert "the latest 20 % of the rows" in card.split
    assert len(card.calibration) == 10
    assert facts_of(open_model(tmp_path / "price.cbm")).value_is == "mean"


@pytest.mark.parametrize("trees_before", [5, 60])
def test_ended_early_it_keeps_the_best_so_far(tmp_path: Path, trees_before: int) -> None:
    stop = Event()

    def watched(done: int, total: int) -> None:
        if done >= trees_before:
            stop.set()

    file = tmp_path / "churn.cbm"
    card = train_table(
        written(tmp_path / "churn.csv", churn()), a_plan(), file, Watch(on_step=watched, stop=stop)
    )

    assert card.is_interrupted
    assert card.train_rows < 320
    assert {each.name: each for each in card.scores}["auc"].value > 0.6
    assert facts_of(open_model(file)).classes == ("no", "yes")


def test_many_classes_and_groups(tmp_path: Path) -> None:
    rows = [
        {"shop": f"s{n % 30}", "x": (n * 7) % 13, "color": "rgb"[(n * 7) % 13 % 3], "rare": "z"}
        for n in range(240)
    ]
    rows[0]["color"] = "once"
    card = train_table(
        written(tmp_path / "colors.csv", rows), a_plan(target="color", group="shop"), tmp_path / "color.cbm"
    )

    assert card.confusion is not None
    assert list(card.confusion.labels) == ["b", "g", "r"]
    assert "group" in card.split
    assert any("'once'" in note for note in card.notes)
    assert {each.name: each for each in card.scores}["accuracy"].value > 0.9


@pytest.mark.parametrize(
    ("content", "plan", "why"),
    [
        ("a,b\n", {}, "no rows"),
        ("a,a\n1,2\n", {}, "two columns"),
        ("a,b\n1\n", {}, "has 1 cells"),
        ("a,b\n" + "1,x\n" * 60, {"target": "c"}, "there is no column 'c'"),
        ("a,b\n" + "1,x\n" * 60, {"target": "b"}, "two classes"),
        ("a,b\n" + "1,x\n2,y\n" * 20, {"target": "b"}, "at least 50"),
        ("a,b\n" + "1,x\n1,y\n" * 60, {"target": "b"}, "no column can be used"),
        ("a,b\n" + "1,x\n2,y\n3,x\n" * 60, {"target": "b", "positive": "z"}, "'z' is not among the classes"),
        ("a,b\n" + "1,x\n2,y\n3,x\n" * 60, {"target": "b", "task": Task.NUMBER}, "is not a number"),
        ("a,b\n" + "1,x\n2,y\n3,z\n" * 60, {"target": "b", "cost": Cost(1, 2)}, "two classes"),
        ("a,b\n" + "1,x\n2,y\n3,x\n" * 60, {"target": "b", "time": "b"}, "has no times"),
        ("a,b,c\n" + "1,x,1\n1,y,2\n1,x,3\n" * 60, {"target": "b", "group": "a"}, "too few different"),
        (f"{'a' * 300},b\n" + "1,x\n2,y\n" * 60, {"target": "b"}, "name .* has more than 256 characters"),
        ("a,b\n" + f"1,x\n2,{'y' * 300}\n" * 60, {"target": "b"}, "class .* has more than 256 characters"),
        ("a\0,b\n" + "1,x\n2,y\n" * 60, {"target": "b"}, "contains NUL"),
    ],
)
def test_what_cannot_be_trained_says_why(
    tmp_path: Path, content: str, plan: dict[str, Any], why: str
) -> None:
    file = tmp_path / "table.csv"
    file.write_text(content)

    with pytest.raises(Untrainable, match=why):
        train_table(file, a_plan(**({"target": "b"} | plan)), tmp_path / "model.cbm")


def test_more_columns_than_a_model_can_have_are_refused_before_the_training() -> None:
    why = Reason.of(ReasonCode.AS_YOU_SAID)
    columns = [Column(f"c{number}", ColumnKind.NUMBER, why, ["1", "2"]) for number in range(10_001)]

    with pytest.raises(Untrainable, match="10,001 columns would be features; a model can have 10,000"):
        Features.of(columns)


@pytest.mark.parametrize("content", [b"PAR1 and nothing that follows", b"PAR1" + bytes(100) + b"PAR1"])
def test_a_damaged_parquet_file_says_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.parquet").write_bytes(content)

    with pytest.raises(Untrainable, match=r"^x\.parquet cannot be read as Parquet: .+$"):
        train_table(tmp_path / "x.parquet", a_plan(), tmp_path / "model.cbm")


def test_times_that_python_cannot_hold_are_refused(tmp_path: Path) -> None:
    times = pa.array([10**18] * 60, pa.timestamp("ms"))
    pq.write_table(pa.table({"t": times, "b": ["x", "y"] * 30}), tmp_path / "x.parquet")

    with pytest.raises(Untrainable, match=r"^x\.parquet cannot be read as Parquet: "):
        train_table(tmp_path / "x.parquet", a_plan(target="b"), tmp_path / "model.cbm")


def test_a_table_of_an_office_program_is_read(tmp_path: Path) -> None:
    rows = "".join(f"{n % 9};{'да' if n % 9 > 4 else 'нет'}\r\n" for n in range(90))
    (tmp_path / "t.csv").write_bytes(f"число;ответ\r\n{rows}".encode("cp1251"))

    with pytest.raises(Untrainable, match="save it as UTF-8"):
        train_table(tmp_path / "t.csv", a_plan(target="ответ"), tmp_path / "m.cbm")
    card = train_table(tmp_path / "t.csv", a_plan(target="ответ"), tmp_path / "m.cbm", encoding="cp1251")

    assert card.confusion is not None
    assert list(card.confusion.labels) == ["нет", "да"]


def test_cells_of_the_table_do_not_become_markup(tmp_path: Path) -> None:
    from augury.cards.page import page

    evil = "<script>alert(1)</script>"
    rows = [{evil: n % 9, "b": [evil, "y"][n % 9 > 4]} for n in range(90)]
    card = train_table(written(tmp_path / "t.csv", rows), a_plan(target="b"), tmp_path / "m.cbm")

    shown = page(card, evil)

    assert "<script" not in shown
    assert "&lt;script&gt;" in shown
    assert io.StringIO(shown).readline().startswith("<!doctype html>")
