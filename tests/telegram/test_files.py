"""A CSV file in, a CSV file out."""

import csv
import io

from tests.processes import eventually
from tests.telegram.conftest import BotService
from tests.telegram.server import Sent, TelegramServer
from tests.telegram.test_dialogue import newest

ROWS = 60
BAD = (3, 17, 41)


def content() -> bytes:
    lines = [f"n{row};Paris;{'old' if row in BAD else 20 + row};=good day" for row in range(ROWS)]
    return "\n".join(["note;city;age;text", *lines]).encode("cp1251")


def test_a_file_is_priced_confirmed_predicted_and_answered_by_a_file(
    service: BotService, telegram: TelegramServer
) -> None:
    service.has("mixed", price=2)
    service.settings |= {"default_model": "mixed", "telegram_welcome_credits": 500}
    service.worker()
    service.bot()
    ada = telegram.person(7)

    sent_id = ada.sends_file("people.csv", content())
    question = newest(telegram, "people.csv")
    assert "60 rows for mixed, 120 credits; 3 rows have mistakes" in question.text
    assert "row 4: age: must be a number" in question.text
    ada.presses(question, "Predict")
    eventually(lambda: "57 of 60 rows predicted" in question.text, what="the summary")

    assert "60 rows in the queue, 120 credits reserved" in question.versions[1]
    assert "114 credits · 386 left" in question.text
    [answer] = [each for each in telegram.answers(7, sent_id) if each.document]
    assert_right(answer)
    ada.clicks(question.message_id, f"csv:{sent_id}")
    newest(telegram, "earlier question", after=answer.message_id)
    assert not service.deviations()


def assert_right(answer: Sent) -> None:
    assert answer.document is not None
    name, body = answer.document
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig")), delimiter=";"))
    assert name == "people-predicted.csv"
    assert [row["row"] for row in rows] == [str(number + 1) for number in range(ROWS)]
    for number, row in enumerate(rows):
        assert bool(row["error"]) == (number in BAD)
        assert (row["label"] in {"0", "1"}) == (number not in BAD)
        assert row["text"] == "'=good day"  # nothing that a spreadsheet would run
        assert row["note"] == f"n{number}"


def test_a_file_that_cannot_be_read_is_refused_in_words(
    service: BotService, telegram: TelegramServer
) -> None:
    service.has("mixed", price=2)
    service.settings["default_model"] = "mixed"
    service.bot()
    ada = telegram.person(7)

    for name, body, words in (
        ("picture.png", b"\x89PNG", "I can only read CSV files"),
        ("empty.csv", b"", "its first line must name the columns"),
        ("other.csv", b"a,b\n1,2\n", "these columns are missing: age, city, text"),
        ("bare.csv", b"age,city,text\n", "it has no rows"),
        ("binary.csv", b"\x00\x01", "it is not text in an encoding that I know"),
        ("bad.csv", b"age,city,text\nold,Rome,x\n", "The model cannot use any of this"),
        ("long.csv", b"age,city,text\n" + b"1,Rome,x\n" * 10_001, "10,001 rows are too many"),
    ):
        ada.sends_file(name, body)
        newest(telegram, words)
