"""A table becomes a model that can be served, with scores that are true and a card that travels with it."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from catboost import CatBoost

from augury.application.ports import Json
from augury.application.predictions.ports.predictor import Question
from augury.cards.card import MOST_BYTES, Card, decoded, encoded
from augury.domain.feature import FeatureKind
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.training_plan import ColumnKind, Cost, Plan, TrainingTask
from augury.outbound.catboost.file import facts_of, open_model
from augury.outbound.catboost.inspector import CatBoostInspector
from augury.outbound.catboost.loaded import LoadedModel
from augury.outbound.catboost.questions import answer
from augury.outbound.catboost.seen import seen_in
from augury.outbound.catboost.trainer import train_table
from augury.outbound.catboost.training_card import listed_in
from augury.outbound.training.features import Features
from augury.outbound.training.kinds import Column
from augury.outbound.training.watch import Untrainable, Watch

GOOD, BAD = (
    ("lovely clear day with friends", "so glad we came here"),
    ("rain and cold again", "never coming back"),
)
Row = dict[str, Any]
Found = list[Reason]


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
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Card, Found]:
    folder = tmp_path_factory.mktemp("training")
    found: Found = []
    steps: list[tuple[int, int]] = []
    watch = Watch(on_found=found.append, on_step=lambda done, total: steps.append((done, total)))
    file = folder / "churn.cbm"
    card = train_table(written(folder / "churn.csv", churn()), a_plan(cost=Cost(1, 4)), file, watch)
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert steps[-1][0] == steps[-1][1]
    return file, card, found


def test_each_column_is_used_as_it_looks_and_said_so(trained: tuple[Path, Card, Found]) -> None:
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


async def test_the_model_takes_the_customers_own_row(trained: tuple[Path, Card, Found]) -> None:
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
    trained: tuple[Path, Card, Found],
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
    trained: tuple[Path, Card, Found],
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


def test_training_again_makes_the_same_answers(trained: tuple[Path, Card, Found], tmp_path: Path) -> None:
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
        ("a,b\n" + "1,x\n2,y\n" * 60, {"kinds": {"c": ColumnKind.TEXT}}, "there is no column 'c'"),
        ("a,b\n" + "1,x\n" * 60, {"target": "b"}, "two classes"),
        ("a,b\n" + "1,x\n2,y\n" * 20, {"target": "b"}, "at least 50"),
        ("a,b\n" + "1,x\n1,y\n" * 60, {"target": "b"}, "no column can be used"),
        ("a,b\n" + "1,x\n2,y\n3,x\n" * 60, {"target": "b", "positive": "z"}, "'z' is not among the classes"),
        ("a,b\n" + "1,x\n2,y\n3,x\n" * 60, {"target": "b", "task": TrainingTask.NUMBER}, "is not a number"),
        ("a,b\n" + "1,x\n2,y\n3,z\n" * 60, {"target": "b", "cost": Cost(1, 2)}, "two classes"),
        ("a,b\n" + "1,x\n2,y\n3,x\n" * 60, {"target": "b", "time": "b"}, "has no times"),
        ("a,b,c\n" + "1,x,1\n1,y,2\n1,x,3\n" * 60, {"target": "b", "group": "a"}, "too few different"),
        (f"{'a' * 300},b\n" + "1,x\n2,y\n" * 60, {"target": "b"}, "name .* has more than 256 characters"),
        ("a,b\n" + f"1,x\n2,{'y' * 300}\n" * 60, {"target": "b"}, "class .* has more than 256 characters"),
        ("a,b\n" + "".join(f"{n % 7},{n}.5\n" for n in range(199)) + "1,inf\n", {}, "for example 'inf'"),
        ("a,b\n" + "1,x\nz,y\n" * 60, {"kinds": {"a": ColumnKind.NUMBER}}, "for example 'z'"),
        ("a,b\n" + "2026-01-05,x\nz,y\n" * 60, {"kinds": {"a": ColumnKind.DATE}}, "for example 'z'"),
        ("a\0,b\n" + "1,x\n2,y\n" * 60, {"target": "b"}, "contains NUL"),
        (
            "d.month,d,b\n" + "1,2026-01-05,x\n2,2026-02-05,y\n3,2026-03-05,x\n" * 60,
            {"target": "b"},
            "'d.month' has the name of a part of the date 'd'",
        ),
        (
            f"{'d' * 250},b\n" + "2026-01-05,x\n2026-02-06,y\n2026-03-07,x\n" * 60,
            {"target": "b"},
            "more than 248 characters",
        ),
    ],
)
def test_what_cannot_be_trained_says_why(
    tmp_path: Path, content: str, plan: dict[str, Any], why: str
) -> None:
    file = tmp_path / "table.csv"
    file.write_text(content)

    with pytest.raises(Untrainable, match=why):
        train_table(file, a_plan(**({"target": "b"} | plan)), tmp_path / "model.cbm")


def test_a_test_of_one_class_has_no_auc_and_the_card_says_so(tmp_path: Path) -> None:
    rows = [
        {"at": n, "x": n * 7 % 13, "y": "yes" if n * 7 % 13 > 6 and n < 160 else "no"} for n in range(200)
    ]
    file = tmp_path / "y.cbm"

    card = train_table(written(tmp_path / "y.csv", rows), a_plan(target="y", time="at"), file)

    assert {each.name for each in card.scores} == {"accuracy", "macro_f1", "logloss", "calibration_error"}
    assert any("every row of the test has the class 'no'" in note for note in card.notes)
    assert decoded(facts_of(open_model(file)).card or "") == card


def test_tables_of_other_programs_are_read_as_they_are(tmp_path: Path) -> None:
    rows = "".join(f"{n};{n % 9};{'yes' if n % 9 > 4 else 'no'};\n" for n in range(90))
    (tmp_path / "excel.csv").write_text(f"sep=;\n;a;b;\n{rows}")

    card = train_table(tmp_path / "excel.csv", a_plan(target="b"), tmp_path / "m.cbm")

    assert [each.name for each in card.features] == ["a"]
    assert {each.name: each.why for each in card.skipped}["Unnamed: 3"] == "empty"
    assert "id" in {each.name: each.why for each in card.skipped}["Unnamed: 0"]


def test_a_column_that_cannot_be_used_does_not_refuse_the_others(tmp_path: Path) -> None:
    table = {
        "list": [[1.0, 2.0]] * 90,
        "took": pa.array([timedelta(seconds=n % 9) for n in range(90)]),
        "b": ["yes" if n % 9 > 4 else "no" for n in range(90)],
    }
    pq.write_table(pa.table(table), tmp_path / "t.parquet")

    card = train_table(tmp_path / "t.parquet", a_plan(target="b"), tmp_path / "m.cbm")

    assert [(each.name, each.kind) for each in card.features] == [("took", "number")]
    assert "holds list<element: double>" in card.skipped[0].why
    for asked in ({"target": "list"}, {"target": "b", "kinds": {"list": ColumnKind.TEXT}}):
        with pytest.raises(Untrainable, match="column 'list' holds list<element: double>"):
            train_table(tmp_path / "t.parquet", a_plan(**asked), tmp_path / "m.cbm")


def test_a_number_that_differs_in_every_row_reveals_an_answer_only_if_it_orders_the_rows_alike(
    tmp_path: Path,
) -> None:
    random = np.random.default_rng(5)
    x, noise = random.normal(size=120), random.normal(size=120)
    rows = [{"x": a, "copy": 3 - 2 * (a + b), "y": a + b} for a, b in zip(x, noise, strict=True)]

    card = train_table(written(tmp_path / "t.csv", rows), a_plan(target="y"), tmp_path / "m.cbm")

    assert [each.name for each in card.features] == ["x"]
    assert "reveals the answer" in card.skipped[0].why


def test_a_missing_answer_is_no_class_and_a_missing_group_no_group(tmp_path: Path) -> None:
    rows = [
        {"g": f"g{n % 30}" if n % 4 == 0 else "", "x": n % 13, "b": "NA" if n % 5 == 0 else "xy"[n % 13 > 6]}
        for n in range(400)
    ]

    card = train_table(written(tmp_path / "t.csv", rows), a_plan(target="b", group="g"), tmp_path / "m.cbm")

    assert card.confusion is not None
    assert list(card.confusion.labels) == ["x", "y"]
    assert card.notes[0] == "80 of 400 rows are left out: they have no answer"
    assert 50 <= card.test_rows <= 80


def test_the_card_of_a_wide_table_lists_the_most_important_columns(trained: tuple[Path, Card, Found]) -> None:
    _, card, _ = trained
    used = [msgspec.structs.replace(card.features[0], name=f"c{number}") for number in range(4_000)]

    listed = listed_in(msgspec.structs.replace(card, features=used, skipped=[]))

    assert len(encoded(listed)) <= MOST_BYTES
    assert listed.features == used[: len(listed.features)]
    assert listed.notes[-1] == f"the card lists the {len(listed.features):,} most important columns of 4,000"


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
