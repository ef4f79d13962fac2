"""A CSV file is answered with a CSV file."""

import csv
import io

from tests.processes import eventually
from tests.telegram.conftest import BotService
from tests.telegram.server import Person, Sent, TelegramServer
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
    service.settings |= {"default_model": "mixed", "max_batch_file_rows": 10_000}
    service.bot()
    ada = telegram.person(7)

    for name, body, words in (
        ("picture.png", b"\x89PNG", "I can only read CSV files"),
        ("empty.csv", b"", "its first line must name the columns"),
        ("other.csv", b"a,b\n1,2\n", "these columns are missing: age, city, text"),
        ("bare.csv", b"age,city,text\n", "it has no rows"),
        ("binary.csv", b"\x00\x01", "it is not text in an encoding that I know"),
        ("bad.csv", b"age,city,text\nold,Rome,x\n", "The model cannot use any of this"),
        ("long.csv", b"age,city,text\n" + b"1,Rome,x\n" * 10_001, "The file has more than 10,000 rows"),
    ):
        ada.sends_file(name, body)
        newest(telegram, words)


PEOPLE = 10
MOST_OF_CONTAINER = 400_000_000
"""Bytes. The container of the bot has 512 MB, some of them for downloaded files."""
MOST_GROWTH = 200_000_000
"""Bytes. All at once, ten files took more than 400 million; two at a time take far less."""


def large(rows: int) -> bytes:
    """4.8 MB for 10,000 rows: few of its many columns are the model's."""
    cells = ",".join(str(number) for number in range(1_000, 1_090))
    names = ",".join(f"c{number}" for number in range(90))
    lines = [f"{20 + row % 50},Paris,good day {row},{cells}" for row in range(rows)]
    return "\n".join([f"age,city,text,{names}", *lines]).encode()


def said(telegram: TelegramServer, person: Person, words: str) -> Sent:
    found: Sent = eventually(
        lambda: next((each for each in telegram.to(person.id) if words in each.text), None), 240, words
    )
    return found


def test_ten_large_files_at_once_take_little_memory(service: BotService, telegram: TelegramServer) -> None:
    service.has("mixed")
    service.settings |= {"default_model": "mixed", "telegram_welcome_credits": 100_000}
    service.worker()
    bot = service.bot()
    people = [telegram.person(100 + number) for number in range(PEOPLE)]
    people[0].sends_file("first.csv", large(rows=300))  # loads all libraries
    people[0].presses(said(telegram, people[0], "300 rows for mixed"), "Predict")
    said(telegram, people[0], "300 of 300 rows predicted")
    before = bot.memory
    body = large(rows=10_000)
    assert 4_700_000 < len(body) < 5_000_000

    for each in people:
        each.sends_file("large.csv", body)
    for each in people:
        each.presses(said(telegram, each, "10,000 rows for mixed"), "Predict")
    for each in people:
        said(telegram, each, "10,000 of 10,000 rows predicted")
        assert any(sent.document for sent in telegram.to(each.id))

    assert bot.memory - before < MOST_GROWTH
    assert bot.memory < MOST_OF_CONTAINER
    assert not service.deviations()
