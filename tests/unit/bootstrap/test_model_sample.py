from pathlib import Path

import pytest

from augury.bootstrap.cli.model.sample import MOST_VALUES, sampled
from augury.bootstrap.config import OperatorError
from augury.domain.feature import Feature, FeatureKind
from augury.domain.input_schema import InputSchema

SCHEMA = InputSchema(
    (
        Feature("age", FeatureKind.NUMERIC),
        Feature("city", FeatureKind.CATEGORICAL),
        Feature("vip", FeatureKind.CATEGORICAL),
    )
)


def learned(file: Path, content: bytes, said: list[str] | None = None) -> dict[str, list[str]]:
    file.write_bytes(content)
    found = sampled(file, (said if said is not None else []).append)(SCHEMA)
    return {name: list(values) for name, values in found.items()}


@pytest.mark.parametrize(
    ("content", "city", "vip"),
    [
        (b"city,vip\nRome,x\nParis,y\nParis,y\n", ["Paris", "Rome"], ["y", "x"]),
        (b"id;vip;city\n1;a;Rome\n2;;\n3;a\n", ["Rome"], ["a"]),
        (b'\xef\xbb\xbfsep=;\r\ncity;vip\r\n"Rome; old";1\r\n', ["Rome; old"], ["1"]),
        ("city\tvip\nПариж\tда\n".encode("cp1251"), ["Париж"], ["да"]),
        (b"city,vip\n Rome,True\nRome,false\n", [" Rome", "Rome"], ["1", "0"]),
        (b"city,vip\nTrue,True\nmaybe,True\n", ["True", "maybe"], ["1"]),
        (b"city,vip\n", [], []),
    ],
)
def test_values_are_learned_as_they_are_written_the_most_frequent_first(
    tmp_path: Path, content: bytes, city: list[str], vip: list[str]
) -> None:
    assert learned(tmp_path / "s.csv", content) == {"city": city, "vip": vip}


def test_a_feature_with_too_many_values_keeps_none_and_is_named(tmp_path: Path) -> None:
    said: list[str] = []
    rows = b"".join(b"%d,a\n" % index for index in range(MOST_VALUES + 1))

    assert learned(tmp_path / "s.csv", b"city,vip\n" + rows, said) == {"vip": ["a"]}
    assert len(said) == 1
    assert said[0].startswith("city has more than 1000 values")
    assert learned(tmp_path / "s.csv", b"city,vip\n" + rows[:-7], said := []).keys() == {"city", "vip"}
    assert said == []


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it has no header"),
        (b"city\nRome\n", "it has no column vip"),
        (b"city,city,vip\na,b,c\n", "it has two columns city"),
        (b"\x00\x01", "it is not text in a known encoding"),
        ("город,vip\nРим,1\n".encode("cp1251"), "no column city (read as Windows-1251"),
        ("city,vip\nЦюрих,да\n".encode() + b"\xff,a\n", "the first in line 3"),
        (b'city,vip\n"Rome,1\nParis,2\n', "a quotation mark in line 2 is not closed"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_one_line(tmp_path: Path, content: bytes, why: str) -> None:
    with pytest.raises(OperatorError) as refused:
        learned(tmp_path / "s.csv", content)

    assert why in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_model_without_categories_learns_none_and_reads_nothing(tmp_path: Path) -> None:
    assert sampled(tmp_path / "missing.csv", print)(InputSchema((SCHEMA.features[0],))) == {}
