"""The page of a model's card is in the reader's language, also its plots and the reasons in it."""

import re
from typing import Any

import msgspec
import pytest

from augury.cards.card import (
    Bin,
    Card,
    Coded,
    Codes,
    Confusion,
    Curve,
    Score,
    Skipped,
    Threshold,
    UnreadableCard,
    Used,
    decoded,
    encoded,
)
from augury.cards.page import page
from augury.cards.words import FOLDER
from augury.domain.model_texts import LANGUAGES
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason

NUMBERS = Reason.of(ReasonCode.NUMBERS, count=63)
ID = Reason.of(ReasonCode.COUNTS_ROWS)
SPLIT = Reason.of(
    ReasonCode.TEST_BY_CHANCE, [Reason.of(ReasonCode.DUPLICATES_TOGETHER, share=16.7)], share=20
)
TREES = Reason.of(ReasonCode.TREES, depth=6, folds=3, all=3)
ALWAYS = Reason.of(ReasonCode.CLASS_ALWAYS, label="нет")
NOTE = Reason.of(ReasonCode.WITHOUT_ANSWER, count=2, rows=1_002)
CLASSES = Card(
    task="classes",
    target="уйдёт",
    trained_at="2026-11-28T09:30:00+00:00",
    table="клиенты",
    table_sha256="12" * 32,
    table_rows=1_002,
    train_rows=800,
    test_rows=200,
    split=str(SPLIT),
    trees=1_200,
    seconds=3.5,
    settings=str(TREES),
    baseline=str(ALWAYS),
    notes=[str(NOTE)],
    features=[Used("возраст", "number", str(NUMBERS), 0.014, 87.5, Coded.of(NUMBERS))],
    skipped=[Skipped("номер", str(ID), Coded.of(ID))],
    scores=[Score(each, 0.91, 0.88, 0.93, 0.5) for each in ("accuracy", "logloss", "calibration_error")],
    calibration=[Bin(0.1, 0.12, 150), Bin(0.8, 0.75, 50)],
    confusion=Confusion(["нет", "others"], [[140, 10], [20, 30]], has_others=True),
    threshold=Threshold(0.2, "да", 1, 4, 0.3, 0.4, 0.5),
    curve=Curve("Logloss", [1, 60, 120], [0.6, 0.3, 0.2], [0.6, 0.4, 0.41]),
    codes=Codes(
        split=Coded.of(SPLIT), settings=Coded.of(TREES), baseline=Coded.of(ALWAYS), notes=[Coded.of(NOTE)]
    ),
)
NUMBER = msgspec.structs.replace(
    CLASSES,
    task="number",
    is_interrupted=True,
    confusion=None,
    threshold=None,
    scores=[Score(each, 0.91, 0.88, 0.93, 0.5) for each in ("mae",)],
    calibration=[Bin(1, 2, 20, 0.5, 3), Bin(5, 6, 20, 4.5, 7)],
)
_MARKUP = re.compile(r"<style>.*?</style>|<[^>]*>|&\w+;", re.DOTALL)


@pytest.mark.parametrize("card", [CLASSES, NUMBER])
def test_a_russian_page_has_no_english_words(card: Card) -> None:
    shown = page(decoded(encoded(card)), "отток@1", "ru")

    assert '<html lang="ru">' in shown
    words = _MARKUP.sub(" ", shown)
    labels = " ".join(re.findall(r'aria-label="([^"]*)"', shown))
    assert re.findall(r"[A-Za-z][\w-]+", f"{words} {labels}") == ["SHA-256", "T09"]
    assert "63 разных числа" in shown
    assert "1,4 %" in shown


def test_an_english_page_says_the_same() -> None:
    shown = page(CLASSES, "churn@1")

    for words in (
        "63 different numbers",
        "2 of 1,002 rows are left out: they have no answer",
        "16.7 % of the rows are duplicates",
        "trees of depth 6; their number comes from 3 of 3 folds",
        "1.4 %",
    ):
        assert words in shown


def test_a_card_of_the_release_before_is_read_and_its_words_are_shown() -> None:
    old: dict[str, Any] = msgspec.json.decode(encoded(CLASSES))
    old |= {"version": 1, "split": "as it was said <then>"}
    del old["codes"]
    for each in (*old["features"], *old["skipped"]):
        del each["because"]

    card = decoded(msgspec.json.encode(old))

    assert (card.codes, card.features[0].because) == (None, None)
    for language in LANGUAGES:
        assert "as it was said &lt;then&gt;" in page(card, "churn@1", language)
    with pytest.raises(UnreadableCard, match="version 3"):
        decoded(msgspec.json.encode(old | {"version": 3}))


def test_an_unknown_code_is_said_in_the_words_that_stand_beside_it() -> None:
    """A newer release may have made the file."""
    unknown = Coded("newer", {"count": 3})

    assert unknown.reason("three things") == Reason.written("three things")
    assert Coded.of(SPLIT).reason("") == SPLIT


def test_both_languages_have_the_same_messages_with_the_same_values() -> None:
    english, russian = (
        {
            part.partition(" =")[0]: set(re.findall(r"\$(\w+)", part))
            for file in sorted(FOLDER.glob(f"*.{language}.ftl"))
            for part in re.split(r"^(?=[a-z])", file.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
        }
        for language in LANGUAGES
    )
    assert english == russian
