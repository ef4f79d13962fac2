"""Files in a chat, over memory: several at once, during a dialogue, and results in the file's format."""

import csv
import io

import pytest

from augury.domain.feature import Feature, FeatureKind
from augury.inbound.telegram import lanes
from tests.hexagon import a_model
from tests.inbound.telegram.conftest import CHAT, Town
from tests.inbound.telegram.test_resuming import fails_after_the_accept
from tests.telegram.server import Sent

AGE = Feature("age", FeatureKind.NUMERIC)
TEXT = Feature("text", FeatureKind.TEXT)
NAMES = ("one.csv", "two.csv", "three.csv")


def offer(town: Town, *features: Feature) -> None:
    model = a_model("tone", features=features or (AGE, TEXT))
    town.hexagon.memory.state.models[model.ref] = model


def results(town: Town) -> dict[str, str]:
    """The files that the bot sent, by name."""
    found = [each.document for each in town.telegram.to(CHAT) if each.document]
    return {name: body.decode("utf-8-sig") for name, body in found}


async def asked(town: Town, name: str) -> Sent:
    """The bot's question whether to predict this file."""
    return await town.said(f"{name}: ")


async def test_each_file_of_an_album_has_its_own_question_and_buttons_that_work(town: Town) -> None:
    offer(town)
    async with town.bot():
        ada = town.person()
        sent = ada.sends_album(dict.fromkeys(NAMES, b"age,text\n1,a\n"))
        questions = [await asked(town, name) for name in NAMES]
        assert [each.reply_to for each in questions] == sent
        ada.presses(questions[1], "Cancel")
        left = await town.said("All right, two.csv will not be predicted")
        assert left.reply_to == sent[1]
        for question in (questions[2], questions[0]):
            ada.presses(question, "Predict")
        await town.all_handled()
        assert all("1 credit reserved" in each.text for each in (questions[0], questions[2]))
        await town.hexagon.run_all()
        for name in ("one", "three"):
            await town.said(f"{name}.csv: 1 of 1 row predicted")
        ada.clicks(questions[1].message_id, f"csv:{sent[1]}")
        await town.said("earlier question")
    assert set(results(town)) == {"one-predicted.csv", "three-predicted.csv"}
    assert await town.hexagon.balanced()


async def test_each_file_of_an_album_is_refused_as_an_answer_to_it(town: Town) -> None:
    offer(town)
    async with town.bot():
        ada = town.person()
        files = {"a.csv": b"age\n1\n", "b.csv": b"age,text\nold,a\n", "c.csv": b"age,text\n\xd0\x90\xff,a\n"}
        sent = ada.sends_album(files)
        words = ("these columns are missing: text", "cannot use any of this", "line 2 has invalid bytes")
        for message_id, word in zip(sent, words, strict=True):
            assert (await town.said(word)).reply_to == message_id


async def test_an_album_that_is_delivered_twice_is_asked_about_and_predicted_once(town: Town) -> None:
    offer(town)
    town.telegram.repeats = 1
    async with town.bot():
        ada = town.person()
        ada.sends_album(dict.fromkeys(NAMES[:2], b"age,text\n1,a\n"))
        for name in NAMES[:2]:
            ada.presses(await asked(town, name), "Predict")
        await town.all_handled()
    assert len(town.hexagon.memory.state.predictions) == 2
    assert await town.hexagon.balanced()


async def test_a_dialogue_and_files_do_not_end_each_other(town: Town) -> None:
    offer(town)
    async with town.bot():
        ada = town.person()
        ada.sends_file("one.csv", b"age,text\n1,a\n")
        question = await asked(town, "one.csv")
        ada.says("/predict")
        first = await town.said("Question 1 of 2")
        ada.sends_file("two.csv", b"age,text\n1,a\n")
        await asked(town, "two.csv")
        ada.says("33")
        second = await town.said("Question 2 of 2", after=first.message_id)
        ada.presses(question, "Predict")
        await town.said("one.csv: 1 row in the queue")
        ada.presses(second, "Cancel")
        await town.said("All right, canceled")
        ada.presses(await asked(town, "two.csv"), "Predict")
        await town.said("two.csv: 1 row in the queue")
        ada.says("/cancel")
        await town.said("Nothing to cancel")


async def test_a_cancel_leaves_every_file(town: Town) -> None:
    offer(town)
    async with town.bot():
        ada = town.person()
        ada.sends_album(dict.fromkeys(NAMES, b"age,text\n1,a\n"))
        question = await asked(town, NAMES[2])
        ada.says("/cancel")
        await town.said("All right")
        ada.presses(question, "Predict")
        await town.said("earlier question")


async def test_results_have_the_form_and_the_columns_of_their_file(town: Town) -> None:
    offer(town)
    async with town.bot():
        ada = town.person()
        ada.sends_file("people.csv", "id;age;text;Примечание\n007;3,5;привет;да\n".encode("cp1251"))
        question = await asked(town, "people.csv")
        assert "I read the file as Windows-1251." in question.text
        ada.presses(question, "Predict")
        await town.said("reserved")
        await town.hexagon.run_all()
        await town.said("1 of 1 row predicted")
    [row] = csv.DictReader(io.StringIO(results(town)["people-predicted.csv"]), delimiter=";")
    assert (row["id"], row["age"], row["text"], row["Примечание"]) == ("007", "3,5", "привет", "да")
    assert (row["row"], row["label"], row["error"]) == ("1", "short", "")
    assert all(each.sheet is None for each in town.hexagon.memory.state.replies.values())


async def test_columns_come_back_though_the_bot_stopped_after_the_accept(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "FIRST_PAUSE", 0.001)
    offer(town)
    async with town.bot():
        ada = town.person()
        ada.sends_file("people.csv", b"id;age;text\n007;3,5;a\n")
        question = await asked(town, "people.csv")
        fails_after_the_accept(monkeypatch, lambda: None)
        ada.presses(question, "Predict")
        await town.all_handled()
        await town.hexagon.run_all()
        await town.said("1 of 1 row predicted")
    assert "007;3,5;a" in results(town)["people-predicted.csv"]
    assert len(town.hexagon.memory.state.predictions) == 1


async def test_a_file_with_an_unclear_number_is_refused_with_both_readings(town: Town) -> None:
    offer(town)
    async with town.bot():
        ada = town.person()
        ada.sends_file("people.csv", b'age,text\n7,a\n"12,500",b\n')
        refused = await town.said("row 2, age: “12,500” can mean 12.5 or 12500")
        assert "Write 12.5 or 12500 there" in refused.text
        ada.sends_file("people.csv", b'age,text\n7.5,a\n"12,500",b\n')
        await asked(town, "people.csv")
    assert not town.hexagon.memory.state.predictions


@pytest.mark.parametrize(("pressed", "value"), [("12.5", b"12.5"), ("12500", b"12500")])
async def test_a_number_of_two_readings_is_asked_about_in_a_dialogue(
    town: Town, pressed: str, value: bytes
) -> None:
    offer(town)
    async with town.bot():
        ada = town.person()
        ada.says("/predict")
        await town.said("Question 1 of 2")
        ada.says("12,500")
        which = await town.said("“12,500” can mean two numbers. Do you mean 12.5 or 12500?")
        assert [each["text"] for each in which.buttons[0]] == ["12.5", "12500"]
        ada.presses(which, pressed)
        await town.said("Question 2 of 2")
        ada.presses(which, pressed)  # pressing again changes nothing
        await town.all_handled()
        ada.says("hi")
        await town.said("In the queue")
    [record] = town.hexagon.memory.state.predictions.values()
    assert bytes(record.input) == b'{"age":' + value + b',"text":"hi"}'


async def test_a_number_of_two_readings_may_be_written_again_instead(town: Town) -> None:
    offer(town)
    async with town.bot():
        ada = town.person()
        ada.says("/predict")
        await town.said("Question 1 of 2")
        ada.says("12,500")
        await town.said("Do you mean 12.5 or 12500?")
        ada.says("3,5")
        await town.said("Question 2 of 2")
        ada.says("hi")
        await town.said("In the queue")
    [record] = town.hexagon.memory.state.predictions.values()
    assert bytes(record.input) == b'{"age":3.5,"text":"hi"}'


async def test_a_plain_number_of_two_readings_is_asked_about_and_charged_once(town: Town) -> None:
    offer(town, AGE)
    async with town.bot():
        ada = town.person()
        said = ada.says("12,500")
        which = await town.said("Do you mean 12.5 or 12500?")
        assert not town.hexagon.memory.state.predictions
        ada.presses(which, "12500")
        assert (await town.said("In the queue")).reply_to == said
        ada.presses(which, "12.5")
        await town.said("earlier question")
    [record] = town.hexagon.memory.state.predictions.values()
    assert bytes(record.input) == b'{"age":12500}'
