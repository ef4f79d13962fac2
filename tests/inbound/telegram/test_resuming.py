"""A request that was accepted just before a fault is answered, whatever changed until the bot tries again."""

from collections.abc import Callable

import pytest

from augury.application.chats.ports.results import Reply
from augury.application.ports import Json, Unavailable
from augury.inbound.telegram import lanes
from augury.outbound.memory.notices import MemoryNotices
from tests.inbound.telegram.conftest import CHAT, Town
from tests.inbound.telegram.test_predicting import choose_churn, offer


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "FIRST_PAUSE", 0.001)


def fails_after_the_accept(monkeypatch: pytest.MonkeyPatch, change: Callable[[], None]) -> None:
    """Make the books unavailable once, when the answer's place is stored. Then call `change`."""
    expect = MemoryNotices.expect

    async def away(notices: MemoryNotices, reply: Reply, *, sheet: Json | None = None) -> Reply:
        monkeypatch.setattr(MemoryNotices, "expect", expect)
        change()
        raise Unavailable("the books")

    monkeypatch.setattr(MemoryNotices, "expect", away)


async def test_a_text_is_answered_though_its_model_is_retired_meanwhile(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = town.hexagon.memory.state.models
    async with town.bot():
        ada = town.person()
        ada.says("/start")
        await town.said("Hello!")
        fails_after_the_accept(monkeypatch, models.clear)
        asked = ada.says("good day")
        waiting = await town.said("In the queue, 1 credit reserved")
        assert waiting.reply_to == asked
        await town.all_handled()
        assert not [each for each in town.telegram.to(CHAT) if "no model" in each.text]
    assert len(town.hexagon.memory.state.predictions) == 1
    assert await town.hexagon.balanced()


async def test_a_text_is_answered_though_its_model_wants_more_features_meanwhile(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town.bot():
        ada = town.person()
        ada.says("/start")
        await town.said("Hello!")

        def change() -> None:
            offer(town)
            chat = town.hexagon.memory.state.chats[CHAT]
            town.hexagon.memory.state.chats[CHAT] = type(chat)(
                id=chat.id, user_id=chat.user_id, language=chat.language, model="churn"
            )

        fails_after_the_accept(monkeypatch, change)
        ada.says("good day")
        await town.said("In the queue, 1 credit reserved")
        await town.hexagon.run_all()
        await town.said("9 left")


@pytest.mark.parametrize("change", ["price", "retired"])
async def test_a_dialogue_is_answered_though_its_model_changed_meanwhile(
    town: Town, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    async with town.bot():
        ada = town.person()
        await choose_churn(town)
        ada.says("/predict")
        for words, value in (("Question 1", "33"), ("Question 2", "pro")):
            await town.said(words)
            ada.says(value)
        await town.said("Question 3")
        fails_after_the_accept(
            monkeypatch,
            lambda: offer(town, row_price=3 if change == "price" else 2, retired=change == "retired"),
        )
        ada.says("slow")
        await town.said("In the queue, 2 credits reserved")
        await town.all_handled()
        assert not [
            each for each in town.telegram.to(CHAT) if "price" in each.text or "no model" in each.text
        ]
    assert await town.hexagon.balanced()


async def test_a_file_is_answered_though_telegram_does_not_give_it_again(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town.bot():
        town.person().sends_file("texts.csv", b"text\nfine\nbad\n")
        question = await town.said("2 rows for tone")

        def change() -> None:
            town.telegram.files_answer = 404

        fails_after_the_accept(monkeypatch, change)
        town.telegram.people[CHAT].presses(question, "Predict")
        await town.all_handled()
        await town.hexagon.run_all()
        await town.said("2 of 2 rows predicted")
        assert not [each for each in town.telegram.to(CHAT) if "could not download" in each.text]
