"""What people send, read as values and rows: numbers as people write them, files as programs save them."""

import tracemalloc
from datetime import timedelta

import pytest
from msgspec.structs import replace

from augury.application.ports import Json
from augury.domain.feature import Feature, FeatureKind
from augury.domain.input_schema import InputSchema
from augury.domain.request import TooManyRows
from augury.inbound.tables.unreadable import LongValue, NoHeader, RaggedRow
from augury.inbound.telegram.dialogue import Asking, NoAnswer, Over, WaitingFile, answer, restored, stored
from augury.inbound.telegram.flood import WINDOW, FloodGate
from augury.inbound.telegram.receiving import received
from augury.inbound.telegram.settings import Package, TelegramSettings
from tests.inbound.telegram.csv_reading import read

AGE = Feature("age", FeatureKind.NUMERIC)
CITY = Feature("city", FeatureKind.CATEGORICAL, ("Paris", "Rome"))
TEXT = Feature("text", FeatureKind.TEXT)
SCHEMA = InputSchema((AGE, CITY, TEXT))
WAITING = WaitingFile(message_id=1, file_id="f", file_name="a.csv", model="m@1", row_price=2)


@pytest.mark.parametrize(
    ("text", "value"),
    [("12", 12), (" 3.5 ", 3.5), ("3,5", 3.5), ("1 000", 1000), ("1\u00a0000,5", 1000.5), ("−7", -7)],
)
def test_a_number_is_read_as_people_write_it(text: str, value: float) -> None:
    assert answer(AGE, text) == value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("old", "wrong-number"),
        ("", "wrong-number"),
        ("1_0", "wrong-number"),
        ("nan", "wrong-range"),
        ("1e999", "wrong-range"),
    ],
)
def test_what_is_no_number_is_asked_again(text: str, why: str) -> None:
    with pytest.raises(NoAnswer) as refused:
        answer(AGE, text)
    assert refused.value.message == why


def test_a_category_is_found_whatever_its_case_and_a_new_one_taken_as_it_is() -> None:
    assert answer(CITY, " paris ") == "Paris"
    assert answer(CITY, "Oslo") == "Oslo"


@pytest.mark.parametrize(
    "dialogue",
    [
        Asking(began=1, model="mixed@1", row_price=2, values=(1, None, "x", 0.5), seen=7),
        Asking(began=1, model="mixed@1", row_price=2, files=(WAITING,), files_seen=5),
        Over(seen=3),
        Over(seen=3, files=(WAITING, replace(WAITING, message_id=2)), files_seen=2),
    ],
)
def test_a_dialogue_is_stored_and_restored(dialogue: Asking | Over) -> None:
    assert restored(stored(dialogue)) == dialogue


def test_a_file_that_an_earlier_version_stored_still_waits() -> None:
    earlier = (
        b'{"type":"confirming","message_id":1,"file_id":"f","file_name":"a.csv","model":"m@1",'
        b'"row_price":2,"seen":1}'
    )
    assert restored(Json(earlier)) == Over(seen=1, files=(WAITING,), files_seen=1)


def test_what_nobody_understands_any_more_is_no_dialogue() -> None:
    assert restored(stored(Over(seen=3))[:-1]) is None  # type: ignore[arg-type]  # cut off
    assert restored(None) is None


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
def test_a_file_is_read_with_its_delimiter_and_in_its_encoding(delimiter: str, encoding: str) -> None:
    header = delimiter.join(["text", "extra", "age", "city"])
    line = delimiter.join(["привет", "?", "3.5", "Рим"])
    found = read(f"{header}\r\n{line}\r\n\r\n".encode(encoding), SCHEMA, most=10)
    assert list(found.rows) == [{"age": 3.5, "city": "Рим", "text": "привет"}]
    assert not found.survey.errors


def test_each_row_has_its_own_mistake() -> None:
    found = read(b"age,city,text\n1,Rome,a\nold,Rome,b\n,Rome,c\n5,Rome\n", SCHEMA, most=10)
    assert [(error.row, error.field) for error in found.survey.errors] == [(1, "age"), (3, "text")]
    assert found.rows[2]["age"] is None


def test_a_row_with_too_much_is_named() -> None:
    with pytest.raises(RaggedRow) as refused:
        read(b"age,city,text\n1,Rome,a\n1,Rome,a,b\n", SCHEMA, most=10)
    assert refused.value.row == 2


@pytest.mark.parametrize("value", [b"x" * 131_073, b'"' + b"x\n" * 70_000])
def test_a_value_that_is_too_long_is_told_as_such(value: bytes) -> None:
    with pytest.raises(LongValue) as refused:
        read(b"age,city,text\n1,Rome,a\n2,Rome," + value, SCHEMA, most=10)
    assert refused.value.most == 131_072
    assert refused.value.line in (3, 65_539)


def test_a_file_of_nothing_has_no_header() -> None:
    with pytest.raises(NoHeader):
        read(b"\n \n", SCHEMA, most=10)


def test_a_file_of_more_lines_than_allowed_takes_no_more_room_for_it() -> None:
    lines = 100_000
    content = b"age\n" + b"1\n" * lines
    tracemalloc.start()
    try:
        with pytest.raises(TooManyRows) as refused:
            read(content, InputSchema((AGE,)), most=10)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (refused.value.rows, refused.value.most) == (lines, 10)
    assert peak < 10 * len(content)


def test_a_file_of_as_many_lines_as_allowed_is_read() -> None:
    assert len(read(b"age\n1\n\n2\n", InputSchema((AGE,)), most=2).rows) == 2


def test_who_floods_is_told_once_a_minute_and_nobody_else_is_slowed_down() -> None:
    gate = FloodGate(2)
    assert [gate.wait(1, each, 0) for each in range(1, 5)] == [
        (0, False),
        (0, False),
        (60, True),
        (60, False),
    ]
    assert gate.wait(2, 5, 0) == (0, False)
    assert gate.wait(1, 6, WINDOW) == (0, False)


def test_an_update_that_is_tried_again_is_counted_once() -> None:
    gate = FloodGate(1)
    assert [gate.wait(1, 7, 0) for _ in range(3)] == [(0, False)] * 3
    assert [gate.wait(1, 8, 0) for _ in range(2)] == [(60, True)] * 2


def test_what_was_sent_over_a_while_is_no_flood_when_it_comes_at_once() -> None:
    gate = FloodGate(2)
    assert {gate.wait(1, each, each * 31.0) for each in range(1, 9)} == {(0, False)}


def test_a_button_of_now_does_not_gather_what_was_sent_long_before_it() -> None:
    gate = FloodGate(2)
    assert gate.wait(1, 1, 3600.0) == (0, False)
    assert {gate.wait(1, 2 + each, each * 90.0) for each in range(8)} == {(0, False)}


def test_a_gate_of_zero_is_open() -> None:
    assert {FloodGate(0).wait(1, each, 0) for each in range(3)} == {(0, False)}


def test_a_question_at_the_till_waits_behind_nobody() -> None:
    message = {"update_id": 5, "message": {"chat": {"id": 7}}}
    button = {"update_id": 6, "callback_query": {"from": {"id": 7}}}
    till = {"update_id": 8, "pre_checkout_query": {"from": {"id": 7}}}
    assert [received(each).lane for each in (message, button, till)] == [7, 7, -8]


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": "no token"},
        {"webhook_url": "http://augury.example"},
        {"webhook_secret": "with blanks"},
        {"packages": "100"},
        {"packages": "0:5"},
        {"packages": "a:b"},
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, str]) -> None:
    [name] = wrong
    with pytest.raises(ValueError, match=f"^{name} must"):
        TelegramSettings(**wrong)  # type: ignore[arg-type]  # all of these are strings


def test_settings_say_what_is_on_sale_and_what_the_webhook_believes() -> None:
    settings = TelegramSettings(token="42:a", webhook_url="https://a.example/b", poll_timeout=timedelta(0))
    assert settings.on_sale[0] == Package(100, 50)
    assert settings.webhook_path == "/b"
    assert settings.secret != TelegramSettings(token="42:b").secret
    assert "42:a" not in repr(settings)
