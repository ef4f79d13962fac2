"""Answers stay in the topic where the person wrote. If their message cannot be changed, a new one is sent."""

import pytest

from augury.domain.feature import Feature, FeatureKind
from tests.hexagon import a_model
from tests.inbound.telegram.conftest import CHAT, Town
from tests.polling import eventually
from tests.telegram.server import Person

TOPIC = 77


def in_topic(town: Town) -> Person:
    ada = town.person()
    ada.topics = {TOPIC}
    return ada


@pytest.mark.parametrize(
    "words",
    ["/start", "/help", "/balance", "/history", "/models", "/topup", "/redeem no-such-code", "/nothing"],
)
async def test_every_answer_stays_in_its_topic(town: Town, words: str) -> None:
    async with town.bot():
        in_topic(town).says(words, thread_id=TOPIC)
        await town.all_handled()
    assert [each.thread_id for each in town.telegram.to(CHAT)] == [TOPIC]


async def test_a_result_and_its_file_stay_in_their_topic(town: Town) -> None:
    async with town.bot():
        ada = in_topic(town)
        ada.says("good day", thread_id=TOPIC)
        await town.said("In the queue")
        ada.sends_file("people.csv", b"text\nhi\n", thread_id=TOPIC)
        ada.presses(await town.said("people.csv"), "Predict")
        await town.said("1 row in the queue")
        town.telegram.fail("editMessageText", 400, "Bad Request: MESSAGE_ID_INVALID", times=2)
        await town.hexagon.run_all()
        await eventually(lambda: len(town.telegram.to(CHAT)) == 5, "both results and the file")
    assert {each.thread_id for each in town.telegram.to(CHAT)} == {TOPIC}


async def test_an_invoice_stays_in_its_topic(town: Town) -> None:
    async with town.bot():
        ada = in_topic(town)
        ada.says("/topup", thread_id=TOPIC)
        offers = await town.said("Buy credits with Telegram Stars")
        ada.presses(offers, "100 credits")
        invoice = await town.said("100 credits", after=offers.message_id)
    assert invoice.thread_id == TOPIC


async def test_a_topic_that_is_deleted_loses_no_answer(town: Town) -> None:
    async with town.bot():
        ada = in_topic(town)
        ada.says("good day", thread_id=TOPIC)
        waiting = await town.said("In the queue")
        ada.topics.clear()
        town.telegram.fail("editMessageText", 400, "Bad Request: MESSAGE_ID_INVALID")
        await town.hexagon.run_all()
        result = await town.said("9 left")
        assert (waiting.thread_id, result.thread_id) == (TOPIC, None)
        ada.says("/balance", thread_id=TOPIC)
        assert (await town.said("You have 9 credits")).thread_id is None


@pytest.mark.parametrize(
    "refusal",
    [
        "Bad Request: MESSAGE_ID_INVALID",
        "Bad Request: message can't be edited",
        "Bad Request: message to edit not found",
        "Bad Request: MESSAGE_AUTHOR_REQUIRED",
        "Bad Request: something that nobody has seen yet",
    ],
)
async def test_a_result_is_sent_anew_whatever_refuses_the_change_of_its_message(
    town: Town, refusal: str
) -> None:
    async with town.bot():
        asked = town.person().says("good day")
        waiting = await town.said("In the queue")
        town.telegram.fail("editMessageText", 400, refusal)
        await town.hexagon.run_all()
        result = await town.said("9 left")
        assert (result.reply_to, waiting.text) == (asked, waiting.versions[0])
        await eventually(lambda: not town.hexagon.memory.state.notices, "the end of the notice")


async def test_a_question_that_cannot_be_changed_into_progress_is_followed_by_a_message_that_can(
    town: Town,
) -> None:
    model = a_model("tone", features=(Feature("text", FeatureKind.TEXT),))
    town.hexagon.memory.state.models[model.ref] = model
    async with town.bot():
        ada = town.person()
        ada.sends_file("people.csv", b"text\nhi\n")
        question = await town.said("people.csv")
        town.telegram.fail("editMessageText", 400, "Bad Request: MESSAGE_ID_INVALID")
        ada.presses(question, "Predict")
        progress = await town.said("1 row in the queue")
        assert progress is not question
        await town.all_handled()
        await town.hexagon.run_all()
        assert await town.said("1 of 1 row predicted") is not question
        await eventually(lambda: "1 of 1 row predicted" in progress.text, "the result")
    assert await town.hexagon.balanced()


@pytest.mark.parametrize("words", ["/start", "/start ads_spring24", "/start a", f"/start {'a' * 64}"])
async def test_a_new_person_is_welcomed_wherever_they_come_from(town: Town, words: str) -> None:
    async with town.bot():
        town.person().says(words)
        welcome = await town.said("Hello! I run machine-learning models.")
        assert welcome.keyboard
        await town.all_handled()
    assert len(town.telegram.to(CHAT)) == 1


async def test_a_link_that_is_no_longer_good_is_refused_as_such(town: Town) -> None:
    async with town.bot():
        town.person().says(f"/start {'a' * 43}")
        await town.said("This link was used before")
