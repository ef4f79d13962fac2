"""`augury model …` as a process, with real models and a real database."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from catboost import CatBoost, Pool, sum_models

from augury.outbound.catboost.metadata import OwnFacts
from tests.catboost_models import CITIES, binary_model, regression_model, train
from tests.processes import environment, run

Command = Callable[..., "CompletedProcess[str]"]


@pytest.fixture
def augury(database_url: str, tmp_path: Path) -> Command:
    env = environment(database_url=database_url)
    return lambda *arguments: run(*map(str, arguments), "--data", str(tmp_path / "data"), env=env)


def said(done: "CompletedProcess[str]") -> list[str]:
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def listed(augury: Command) -> dict[str, dict[str, Any]]:
    return {each["model"]: each for each in json.loads(augury("model", "list", "--json").stdout)}


def test_a_new_version_keeps_the_price_and_the_same_file_is_the_same_version(
    augury: Command, tmp_path: Path
) -> None:
    first, second = (regression_model(tmp_path / f"{loss}.cbm", loss) for loss in ("RMSE", "MAE"))
    what = "regression, x (numeric), y (numeric)"
    assert said(augury("model", "add", first, "--name", "size")) == [
        f"added size@1: {what}; active, 1 credit per row"
    ]
    augury("model", "price", "size@1", "5")

    assert said(augury("model", "add", second, "--name", "size"))[0] == (
        f"added size@2: {what}; active, 5 credits per row"
    )
    assert said(augury("model", "add", first, "--name", "size")) == [
        f"size@1 already has this file: {what}; ready, 5 credits per row"
    ]
    assert sorted(listed(augury)) == ["size@1", "size@2"]


def test_a_table_becomes_a_model_on_offer_with_its_card(augury: Command, tmp_path: Path) -> None:
    table, html, kept = tmp_path / "shop.csv", tmp_path / "card.html", tmp_path / "kept.cbm"
    rows = "".join(
        f"{n};{n * 7 % 13};{'pro' if n % 4 else 'basic'};{'yes' if n * 7 % 13 > 8 else 'no'}\n"
        for n in range(200)
    )
    table.write_text(f"id;visits;plan;Will churn\n{rows}")

    trained = augury(
        *("model", "train", table, "--target", "Will churn", "--kind", "plan=category"),
        *("--cost", "1:4", "--out", kept, "--price", 2, "--threads", 1),
    )

    lines = said(trained)
    assert lines[0].startswith("auc 1 (95 %")
    assert lines[-2:] == [
        "added will-churn@1: classification, visits (numeric), plan (categorical); active, 2 credits per row",
        "its card: augury model card will-churn@1",
    ]
    assert "id: not used (looks like an id" in trained.stderr
    assert "plan: category (as you said)" in trained.stderr
    card = json.loads(augury("model", "card", "will-churn").stdout)
    assert (card["target"], card["table"], card["table_rows"]) == ("Will churn", "shop.csv", 200)
    assert card["threshold"]["value"] == 0.2
    assert said(augury("model", "card", "will-churn@1", "--html", html)) == [
        f"the card of will-churn@1 is in {html}"
    ]
    assert "<h1>will-churn@1</h1>" in html.read_text()
    assert said(augury("model", "add", kept, "--name", "again"))[0].startswith("added again@1")
    assert json.loads(augury("model", "card", "again").stdout) == card


def test_a_model_that_cannot_be_saved_as_a_file_is_on_offer_nevertheless(
    augury: Command, tmp_path: Path
) -> None:
    table = tmp_path / "shop.csv"
    rows = "".join(f"{n * 7 % 13};{'yes' if n * 7 % 13 > 8 else 'no'}\n" for n in range(200))
    table.write_text(f"visits;churn\n{rows}")

    trained = augury("model", "train", table, "--target", "churn", "--out", "/dev/full", "--threads", 1)

    assert trained.returncode == 1
    assert trained.stderr.splitlines()[-1] == (
        "augury: churn@1 is on offer, but its file cannot be saved as /dev/full: No space left on device"
    )
    assert said(augury("model", "list"))[0].startswith("churn@1\tactive")


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--target", "z"], "there is no column 'z' (there are: a, b)"),
        ([], "say what to predict: --target COLUMN"),
        (["--target", "b", "--kind", "a=colour"], "write COLUMN=KIND"),
        (["--target", "b", "--cost", "5"], "write the cost of a false positive and of a false negative"),
        (["--target", "b"], "at least 50 are needed"),
        (["--target", "b", "--name", "a/B"], "A model's name is 1 to 63 of the characters"),
        (["--target", "b", "--out", "nowhere/b.cbm"], "there is no folder nowhere"),
    ],
)
def test_what_cannot_be_trained_is_one_line(
    augury: Command, tmp_path: Path, options: list[str], why: str
) -> None:
    table = tmp_path / "t.csv"
    table.write_text("a,b\n" + "1,x\n2,y\n" * 10)

    done = augury("model", "train", table, *options)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].startswith("augury: ")
    assert why in done.stderr


def test_a_kilobyte_of_text_has_a_price_of_its_own_which_a_new_version_keeps(
    augury: Command, tmp_path: Path
) -> None:
    file, next_file = tmp_path / "1.cbm", tmp_path / "2.cbm"
    what = "classification, age (numeric), city (categorical), text (text)"

    added = augury("model", "add", binary_model(file), "--name", "tone", "--price", "2", "--text-price", "3")
    assert said(added)[0] == f"added tone@1: {what}; active, 2 credits per row and 3 per kilobyte of text"
    assert said(augury("model", "price", "tone@1", "--text-price", "4")) == [
        "tone@1 costs 2 credits per row and 4 per kilobyte of text"
    ]
    assert said(augury("model", "price", "tone@1", "1")) == [
        "tone@1 costs 1 credit per row and 4 per kilobyte of text"
    ]
    assert said(augury("model", "price", "tone@1", "--explain-price", "5")) == [
        "tone@1 costs 1 credit per row and 4 per kilobyte of text, and 5 for the explanation of a row"
    ]
    assert said(augury("model", "price", "tone@1", "--explain-at-row-price")) == [
        "tone@1 costs 1 credit per row and 4 per kilobyte of text"
    ]
    both = augury("model", "price", "tone@1", "--explain-price", "5", "--explain-at-row-price")
    assert (both.returncode, both.stderr) == (
        1,
        "augury: --explain-price and --explain-at-row-price do not go together\n",
    )
    nothing = augury("model", "price", "tone@1")
    assert (nothing.returncode, nothing.stderr) == (
        1,
        "augury: give a price per row, such as 2, or --text-price, or --explain-price, or "
        "--explain-at-row-price\n",
    )
    augury("model", "add", binary_model(next_file, OwnFacts(metrics={"auc": 0.5})), "--name", "tone")
    assert {name: (each["row_price"], each["text_price"]) for name, each in listed(augury).items()} == {
        "tone@1": (1, 4),
        "tone@2": (1, 4),
    }
    assert said(augury("model", "price", "tone@1", "1", "--text-price", "0")) == [
        "tone@1 costs 1 credit per row"
    ]
    assert said(augury("model", "price", "tone@1", "--explain-price", "5")) == [
        "tone@1 costs 1 credit per row, and 5 for the explanation of a row"
    ]


def test_a_version_with_other_features_is_added_inactive_with_one_line_why(
    augury: Command, tmp_path: Path
) -> None:
    augury("model", "add", regression_model(tmp_path / "1.cbm"), "--name", "size")

    added = augury("model", "add", binary_model(tmp_path / "2.cbm"), "--name", "size")

    assert said(added)[0].endswith("; ready, 1 credit per row")
    assert added.stderr.splitlines() == [
        "warning: it is not active, because it needs age, city, text; it does not take x, y; it is a "
        "classification, not a regression. To activate it: augury model activate size@2"
    ]
    assert listed(augury)["size@1"]["state"] == "active"
    assert said(augury("model", "activate", "size@2")) == ["size@2 is active"]
    assert listed(augury)["size@1"]["state"] == "ready"


def test_a_file_without_a_loss_is_warned_of_until_the_operator_says_how_it_is_read(
    augury: Command, tmp_path: Path
) -> None:
    parts = [regression_model(tmp_path / f"{loss}.cbm", loss) for loss in ("RMSE", "Poisson")]
    file, next_file = tmp_path / "sum.cbm", tmp_path / "next.cbm"
    sum_models([CatBoost().load_model(str(part)) for part in parts]).save_model(str(file))

    unsure = augury("model", "add", file, "--name", "sum")
    told = augury("model", "add", file, "--name", "sum", "--value", "exponent")
    refused = augury("model", "add", parts[0], "--name", "sum", "--value", "raw")

    assert said(unsure)
    assert unsure.stderr.startswith("warning: the file does not name its loss function")
    assert said(told)[0].startswith("sum@1 already has this file")
    assert told.stderr == ""
    assert refused.returncode == 1
    assert "the file already says how to read its answer (mean)" in refused.stderr

    sum_models([CatBoost().load_model(str(part)) for part in parts], weights=[2, 2]).save_model(
        str(next_file)
    )
    unsure = augury("model", "add", next_file, "--name", "sum")
    assert said(unsure)[0].endswith("; ready, 1 credit per row")
    assert (
        "because its value may be a logarithm (the file does not say). "
        "To activate it: augury model activate sum@2" in unsure.stderr
    )


def test_categories_of_no_feature_in_the_file_are_named(augury: Command, tmp_path: Path) -> None:
    own = OwnFacts(categories={"town": ("Paris",), "age": ("1",), "city": CITIES})
    file = binary_model(tmp_path / "m.cbm", own)

    added = augury("model", "add", file, "--name", "city")
    again = augury("model", "add", file, "--name", "city")

    assert said(added)
    assert added.stderr.splitlines() == [
        f"warning: the file's metadata has categories for {name}, which is not a categorical feature of the "
        "model: they are ignored"
        for name in ("town", "age")
    ]
    assert again.stderr == added.stderr


def test_a_feature_with_a_line_break_in_its_name_stays_in_the_line(augury: Command, tmp_path: Path) -> None:
    names = ["a\nb", "c\x1b[1md"]
    pool = Pool([[1.0, 2.0], [2.0, 1.0]] * 9, [1.0, 2.0] * 9, feature_names=names)
    file = train(pool, tmp_path / "m.cbm", loss="RMSE")

    added = augury("model", "add", file, "--name", "lines")
    other = augury("model", "add", regression_model(tmp_path / "o.cbm"), "--name", "lines")

    assert said(added) == [
        r"added lines@1: regression, a\nb (numeric), c\u001b[1md (numeric); active, 1 credit per row"
    ]
    assert len(said(other)) == 1
    [warning] = other.stderr.splitlines()
    assert r"it does not take a\nb, c\u001b[1md" in warning


def test_categories_are_told_in_a_file(augury: Command, tmp_path: Path) -> None:
    file, told = binary_model(tmp_path / "m.cbm"), tmp_path / "categories.json"
    told.write_text('{"town": ["Paris"]}')
    wrong = augury("model", "add", file, "--name", "city", "--categories", told)
    told.write_text('{"city": [1.5]}')
    broken = augury("model", "add", file, "--name", "city", "--categories", told)
    told.write_text(json.dumps({"city": [*CITIES, True, 7]}))
    right = augury("model", "add", file, "--name", "city", "--categories", told)

    assert (wrong.returncode, broken.returncode) == (1, 1)
    assert "'town' is not a categorical feature (the model has: city)" in wrong.stderr
    assert broken.stderr.count("\n") == 1
    assert said(right)

    told.write_text('{"city": ["Pa\\u0000ris"]}')
    unstorable = augury("model", "add", file, "--name", "city", "--categories", told)
    assert unstorable.stderr == (
        "augury: The given texts or values do not fit the model: "
        "a category of 'city' contains NUL or half of a surrogate pair\n"
    )


def test_categories_are_learned_from_a_sample(augury: Command, tmp_path: Path) -> None:
    file, sample, told = binary_model(tmp_path / "m.cbm"), tmp_path / "sample.csv", tmp_path / "c.json"
    told.write_text('{"city": ["Paris"]}')
    sample.write_text("age;town\n1;Paris\n")
    wrong = augury("model", "add", file, "--name", "city", "--sample", sample)
    both = augury("model", "add", file, "--name", "city", "--sample", sample, "--categories", told)
    sample.write_text("age;city\n1;Rome\n2;Paris\n3;Paris\n")
    right = augury("model", "add", file, "--name", "city", "--sample", sample)

    assert (wrong.returncode, wrong.stderr) == (1, f"augury: {sample}: it has no column city\n")
    assert (both.returncode, both.stderr.count("\n")) == (1, 1)
    assert said(right)


def test_a_model_is_described_by_a_file(augury: Command, tmp_path: Path) -> None:
    augury("model", "add", binary_model(tmp_path / "m.cbm"), "--name", "city")
    texts = tmp_path / "texts.json"
    texts.write_text('{"description": {"en": "Where?"}, "features": {"city": {"ru": "Город"}}}')
    assert said(augury("model", "describe", "city@1", texts)) == ["city@1 has its new texts"]

    texts.write_text('{"labels": {"2": {"en": "Two"}}}')
    assert "the model has no label '2'" in augury("model", "describe", "city@1", texts).stderr
    texts.write_text('{"title": {}}')
    refused = augury("model", "describe", "city@1", texts)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
