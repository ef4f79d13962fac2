"""What a training finds in its table is said in English by programs, and in both languages on the pages."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from augury.domain.reasons import Reason
from augury.domain.training_plan import ColumnKind, Plan
from augury.inbound.web.texts import texts
from augury.outbound.training.preparing import prepare
from augury.outbound.training.table import TrainingTable
from augury.outbound.training.watch import Watch

ROWS = 400
WORDS = ("добрый день как дела", "всё очень плохо сегодня", "привет всем и каждому")


def columns() -> dict[str, Sequence[Any]]:
    rows = range(ROWS)
    return {
        "число": [float(row * 7 % 50) for row in rows],
        "город": ["а" if row % 3 else "б" for row in rows],
        "слова": [f"{WORDS[row % 3]} {row % 90}" for row in rows],
        "много": [f"к{row % 300}" for row in rows],
        "день": [f"2026-01-{1 + row % 28:02}" for row in rows],
        "дата": [f"{1 + row % 12}/{1 + row % 28}/2026" for row in rows],
        "одно": ["ж"] * ROWS,
        "пусто": [None] * ROWS,
        "номер": [float(row * 7919 % 100_003) for row in rows],
        "строка": [float(row) for row in rows],
        "ряд": [float(row * 7 % ROWS) for row in rows],
        "ключ": [f"я{row}" for row in rows],
        "ответ": ["да" if row % 2 else "нет" for row in rows],
        "сам": [1.0 if row % 2 else 2.0 for row in rows],
        "группа": [f"г{row % 20}" for row in rows],
    }


@pytest.mark.parametrize(("group", "time"), [(None, None), ("группа", None), (None, "день")])
def test_every_sentence_about_a_table_has_words_in_both_languages(
    group: str | None, time: str | None
) -> None:
    table = columns()
    table["ответ"] = [None, *table["ответ"][1:-1], "редко"]
    found: list[Reason] = []
    plan = Plan(target="ответ", kinds={"город": ColumnKind.CATEGORY}, group=group, time=time)
    prepare(TrainingTable(Path("т.csv").name, "0" * 64, table), plan, Watch(on_found=found.append))

    assert len(found) > 14
    for each in found:
        russian = texts("ru").reason(each)
        assert not re.search("[A-Za-z]", russian), (each, russian)
        assert len(texts("en").reason(each)) > 0.7 * len(str(each))
        assert Reason.read(each.encoded, "") == each, "a database keeps all of it"


def test_few_different_rows() -> None:
    table = {"а": ["б", "в"] * 100, "ответ": ["да", "да", "нет", "нет"] * 50}
    found: list[Reason] = []
    prepare(TrainingTable("т.csv", "0" * 64, table), Plan(target="ответ"), Watch(on_found=found.append))

    assert "разных строк мало" in texts("ru").reason(found[-1])


def test_one_class_among_the_latest_rows() -> None:
    table: dict[str, Sequence[Any]] = {
        "а": [float(row * 7 % 50) for row in range(100)],
        "час": [float(row) for row in range(100)],
        "ответ": ["да" if row % 2 and row < 80 else "нет" for row in range(100)],
    }
    found: list[Reason] = []
    plan = Plan(target="ответ", time="час")
    prepared = prepare(TrainingTable("т.csv", "0" * 64, table), plan, Watch(on_found=found.append))

    assert prepared.notes[-1] == found[-1]
    assert "«нет»" in texts("ru").reason(found[-1])
