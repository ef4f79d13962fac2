"""A CSV file in a chat, over memory: progress, errors by row, price changes, files that are gone."""

import csv
import io
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from augury.application.chats.ports.results import Delivery, Reply
from augury.application.ports import Json
from augury.application.predictions.ports.work import ClaimTerms
from augury.domain.feature import Feature, FeatureKind
from augury.domain.identifiers import UserId, uuid7
from augury.domain.input_schema import InputSchema
from augury.domain.row_errors import RowError, RowFault
from augury.inbound.tables.encoding import Source
from augury.inbound.telegram import client, waiting_files
from augury.inbound.telegram.csv_rows import CsvSurvey, survey_csv, written_csv
from augury.inbound.telegram.texts import speech
from augury.outbound.memory.predictor import BREAKING, DOUBTFUL
from tests.adapters import a_prediction
from tests.hexagon import a_model
from tests.inbound.telegram.conftest import CHAT, Town
from tests.polling import eventually
from tests.telegram.server import Sent

FEATURES = (Feature("age", FeatureKind.NUMERIC), Feature("text", FeatureKind.TEXT))
FILE = f"age,text\n1,hi\nold,hi\n2,{BREAKING}\n,a text that is long enough\n5\n".encode()


def offer(town: Town, row_price: int = 2, text_price: int = 0) -> None:
    model = a_model("tone", row_price=row_price, text_price=text_price, features=FEATURES)
    town.hexagon.memory.state.models[model.ref] = model


async def asked(town: Town, *, language: str = "en", name: str = "people.CSV", content: bytes = FILE) -> Sent:
    """The bot's question whether to predict the file."""
    town.person(language=language).sends_file(name, content)
    return await town.said(name[:90])


async def test_a_batch_shows_its_progress_and_answers_each_row_or_says_why_not(town: Town) -> None:
    offer(town)
    async with town.bot():
        question = await asked(town, language="ru")
        assert "5 строк для tone, 10 кредитов; 2 строки с ошибками, за них вы не платите" in question.text
        assert "строка 2: age: нужно число" in question.text
        town.telegram.people[CHAT].presses(question, "Предсказать")
        await town.said("5 строк в очереди, зарезервировано 10 кредитов")
        task = town.hexagon.queue.take()
        assert task is not None
        token = task.prediction_ids[0]
        [claimed] = await town.hexagon.work.claim(
            task.prediction_ids,
            ClaimTerms(token=token, lease=town.hexagon.limits.lease, most_rows=10, most_bytes=10**6),
        )
        await town.said("5 строк в работе")
        await town.hexagon.work.hand_back(token, [claimed.prediction.id])
        await town.hexagon.run_predictions(task.prediction_ids, retries=True)
        await town.said("предсказано строк: 2 из 5.\n4 кредита")

    [answer] = [each for each in town.telegram.to(CHAT) if each.document]
    assert answer.document is not None
    name, body = answer.document
    assert name == "people-predicted.csv"
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))
    assert [(row["строка"], row["label"], row["ошибка"]) for row in rows] == [
        ("1", "short", ""),
        ("2", "", "age: нужно число"),
        ("3", "", "эту строку модель посчитать не смогла"),
        ("4", "long", ""),
        ("5", "", "text: нет значения"),
    ]
    assert await town.hexagon.balanced()


async def test_a_file_waits_for_its_yes_across_a_restart(town: Town) -> None:
    offer(town)
    async with town.bot():
        question = await asked(town)
    async with town.bot():
        town.telegram.people[CHAT].presses(question, "Predict")
        await town.said("10 credits reserved")


async def test_names_may_be_as_long_as_they_like(town: Town) -> None:
    names = ["\U0001f600" * 600, "<b>" * 400]
    features = [Feature(name, FeatureKind.NUMERIC) for name in names]
    features.append(Feature("plan", FeatureKind.CATEGORICAL, ("<i>" * 300, "")))
    model = a_model("tone", features=features)
    town.hexagon.memory.state.models[model.ref] = model
    async with town.bot():
        content = ",".join([*names, "plan"]) + "\n" + "1,2,a\n" + "old,2,a\n" * 9
        question = await asked(town, name="<" * 300 + ".csv", content=content.encode())
        assert "and 4 more" in question.text
        ada = town.telegram.people[CHAT]
        ada.says("/predict")
        for step in (1, 2):
            ada.says(str(step))
            await town.said(f"Question {step + 1} of 3")
        ada.presses(await town.said("Question 3 of 3"), "<i>")
        await town.said("In the queue")
        ada.says("/models")
        await town.said("choose yours")
    assert not [each for each in town.telegram.refused if each[0] != "getUpdates"]


async def test_a_long_name_keeps_its_ending_so_that_the_results_have_all_of_what_is_before_it(
    town: Town,
) -> None:
    offer(town)
    begin = "sales until 2026.11.28"
    async with town.bot():
        question = await asked(town, name=f"{begin} {'x' * 120}.csv", content=b"age,text\n1,hi\n")
        town.telegram.people[CHAT].presses(question, "Predict")
        await town.said("reserved")
        await town.hexagon.run_all()
        await town.said("1 of 1 row predicted")
    [name] = [each.document[0] for each in town.telegram.to(CHAT) if each.document]
    assert name.startswith(f"{begin} xxx")
    assert name.endswith("xxx-predicted.csv")


async def test_a_price_that_changed_is_asked_for_again_before_anything_is_charged(town: Town) -> None:
    offer(town)
    async with town.bot():
        question = await asked(town)
        offer(town, row_price=1)
        town.telegram.people[CHAT].presses(question, "Predict")
        again = await town.said("5 rows for tone, 5 credits", after=question.message_id)
        assert any("price has changed" in each.text for each in town.telegram.to(CHAT))
        assert not town.hexagon.queue.take()
        town.telegram.people[CHAT].presses(again, "Predict")
        await town.said("5 credits reserved")


async def test_a_price_of_text_that_is_new_is_asked_for_before_anything_is_charged(town: Town) -> None:
    offer(town, row_price=0)
    async with town.bot():
        question = await asked(town)
        assert "5 rows for tone, free of charge" in question.text
        offer(town, row_price=0, text_price=3)
        town.telegram.people[CHAT].presses(question, "Predict")
        again = await town.said("5 rows for tone, 3 credits", after=question.message_id)
        assert any("price has changed" in each.text for each in town.telegram.to(CHAT))
        town.telegram.people[CHAT].presses(again, "Predict")
        await town.said("3 credits reserved")
        await town.hexagon.run_all()
        await town.said("2 of 5 rows predicted")
    assert await town.hexagon.balanced()


async def test_a_file_that_telegram_has_no_more_keeps_nobody_waiting(town: Town) -> None:
    offer(town)
    async with town.bot():
        question = await asked(town)
        town.telegram.files_answer = 404
        town.telegram.people[CHAT].presses(question, "Predict")
        first = await town.said("I could not download this file from Telegram")
        town.telegram.fail("getFile", 400, "Bad Request: invalid file_id")
        town.telegram.people[CHAT].presses(question, "Predict")
        await town.said("I could not download this file from Telegram", after=first.message_id)
        town.telegram.people[CHAT].says("/balance")
        await town.said("You have 10 credits.")


async def test_a_file_that_telegram_does_not_give_now_is_tried_again(town: Town) -> None:
    offer(town)
    town.telegram.files_answer = 502
    async with town.bot():
        town.person().sends_file("people.csv", FILE)
        await eventually(lambda: len(town.telegram.called("getFile")) > 1, "another try")
        town.telegram.files_answer = None
        await town.said("5 rows for tone")


async def test_results_that_telegram_does_not_take_as_a_file_are_told_without_it(town: Town) -> None:
    offer(town)
    async with town.bot():
        question = await asked(town)
        town.telegram.fail("sendDocument", 413, "Request Entity Too Large")
        town.telegram.people[CHAT].presses(question, "Predict")
        await town.said("reserved")
        await town.hexagon.run_all()
        told = await town.said("2 of 5 rows predicted.\n4 credits · 6 left")
        [prediction_id] = town.hexagon.memory.state.predictions
        assert f"They are stored under prediction {prediction_id}" in told.text
        await eventually(lambda: not town.hexagon.memory.state.notices, "the end of the notice")


async def test_a_file_of_results_goes_out_once_though_its_message_must_wait(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "MOST_WAITING", 0.0)  # a call that Telegram asks to wait is put off at once
    offer(town)
    async with town.bot():
        question = await asked(town)
        town.telegram.people[CHAT].presses(question, "Predict")
        await town.said("reserved")
        town.telegram.fail("editMessageText", 429, "Too Many Requests", times=1000, retry_after=60)
        await town.hexagon.run_all()
        memory, clock = town.hexagon.memory, town.hexagon.clock
        await eventually(lambda: any(due > clock.now() for due in memory.state.notices.values()), "the delay")
        town.telegram.calm()
        clock.advance(timedelta(minutes=2))
        await town.said("2 of 5 rows predicted.\n4 credits · 6 left")
        await eventually(lambda: not town.hexagon.memory.state.notices, "the end of the notice")
    assert len([each for each in town.telegram.to(CHAT) if each.document]) == 1


async def test_a_file_is_too_large_or_has_too_many_rows_in_words(town: Town) -> None:
    offer(town)
    town.hexagon.limits = replace(town.hexagon.limits, small_rows=2, max_batch_file_rows=3)
    async with town.bot(max_file_bytes=1000):
        ada = town.person()
        ada.sends_file("long.csv", b"x" * 1001)
        await town.said("The file is too large: at most 1,000 bytes")
        ada.sends_file("rows.csv", b"age,text\n" + b"1,a\n" * 4)
        await town.said("The file has more than 3 rows")


async def test_nobody_waits_for_the_reading_of_somebody_elses_file(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(town)
    others_are_served = threading.Event()

    def survey(source: Source, schema: InputSchema, *, most: int, max_text: int) -> CsvSurvey:
        assert others_are_served.wait(15)
        return survey_csv(source, schema, most=most, max_text=max_text)

    monkeypatch.setattr(waiting_files, "survey_csv", survey)
    async with town.bot():
        town.person().sends_file("people.csv", FILE)
        await eventually(lambda: town.telegram.called("getFile"), "the reading")
        town.person(8).says("/balance")
        await town.said("You have 10 credits.", chat_id=8)
        others_are_served.set()
        await town.said("5 rows for tone")


async def test_a_file_says_which_answers_may_be_wrong(town: Town) -> None:
    offer(town)
    content = f"age,text\n1,hi\n2,{DOUBTFUL}\n".encode()
    async with town.bot():
        town.person().sends_file("people.csv", content)
        question = await town.said("2 rows for tone")
        town.telegram.people[CHAT].presses(question, "Predict")
        await town.said("in the queue")
        await town.all_handled()
        await town.hexagon.run_all()
        await town.said(
            "2 of 2 rows predicted.\n⚠ 1 warning: the file says which answers may be wrong, and why."
        )

    [answer] = [each for each in town.telegram.to(CHAT) if each.document]
    assert answer.document is not None
    rows = list(csv.DictReader(io.StringIO(answer.document[1].decode("utf-8-sig"))))
    assert [(row["label"], row["error"], row["warning"]) for row in rows] == [
        ("short", "", ""),
        ("long", "", "text: the model was not trained on this category"),
    ]


def test_a_row_whose_error_is_not_kept_is_told_from_one_that_was_predicted() -> None:
    prediction = a_prediction(UserId(uuid7()), rows=3)
    delivery = Delivery(
        reply=Reply(chat_id=1, message_id=2, prediction_id=prediction.id, file_name="f.csv"),
        language="en",
        gone=False,
        prediction=prediction,
        input=Json(b'[{"text":"a"},{"text":5},{"text":6}]'),
        output=Json(b'[{"label":"short"},null,null]'),
        errors=(RowError(1, "text", RowFault.NOT_A_TEXT),),
    )

    lines = list(csv.DictReader(io.StringIO(written_csv(delivery, speech("en")).decode("utf-8-sig"))))

    assert [line["error"].split(":")[0] for line in lines[:2]] == ["", "text"]
    assert "too many errors" in lines[2]["error"]
