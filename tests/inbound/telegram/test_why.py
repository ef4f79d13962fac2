"""The button "Why?" below an answer: its price is named before, and the explanation comes as a picture."""

from dataclasses import replace
from typing import Any

import pytest

from augury.domain.model import ModelRef, ModelState
from tests.inbound.telegram.conftest import CHAT, Town
from tests.polling import eventually
from tests.telegram.server import Person, Sent

PNG = b"\x89PNG\r\n\x1a\n"


def can_explain(town: Town, **changes: Any) -> None:
    """From now on, the default model can be explained, and has these properties."""
    models = town.hexagon.memory.state.models
    model = models[ModelRef("tone", 1)]
    wanted: dict[str, Any] = {"facts": replace(model.facts, explain_work=1_000), "explain_price": 2}
    models[model.ref] = replace(model, **(wanted | changes))


async def all_told(town: Town) -> None:
    await town.all_handled()
    await town.hexagon.run_all()
    await eventually(lambda: not town.hexagon.memory.state.notices, "every answer")


async def credits_of(town: Town) -> int:
    chat = await town.hexagon.chats.get(CHAT)
    assert chat is not None
    return (await town.hexagon.balance_of(chat.user_id)).available


async def answered(town: Town, ada: Person) -> Sent:
    ada.says("Great")
    await all_told(town)
    return next(each for each in town.telegram.to(CHAT) if each.buttons)


@pytest.mark.parametrize(
    ("language", "label", "caption"),
    [
        ("en", "Why? · 3 credits", "This is what raised"),
        ("ru", "Почему? · 3 кредита", "Вот что повысило"),
    ],
)
async def test_the_reasons_come_as_a_picture_for_the_price_that_the_button_names(
    town: Town, language: str, label: str, caption: str
) -> None:
    can_explain(town)
    async with town.bot():
        ada = town.person(language=language)
        answer = await answered(town, ada)
        before = await credits_of(town)
        ada.presses(answer, label)
        await all_told(town)

        picture = await town.said(caption)
        assert picture.reply_to == answer.message_id
        assert picture.document is not None
        assert picture.document[1].startswith(PNG)
        assert answer.buttons == picture.buttons == []
        assert before - await credits_of(town) == 3
    assert await town.hexagon.balanced()


async def test_pressed_twice_it_is_charged_once(town: Town) -> None:
    can_explain(town)
    async with town.bot():
        ada = town.person()
        answer = await answered(town, ada)
        data = answer.button("Why?")["callback_data"]
        for _ in range(3):
            ada.clicks(answer.message_id, data)
        await all_told(town)
        ada.clicks(answer.message_id, data)
        await all_told(town)

        assert len([each for each in town.telegram.to(CHAT) if each.document]) == 1
        assert len(town.hexagon.memory.state.predictions) == 2


async def test_a_higher_price_is_named_before_it_is_taken(town: Town) -> None:
    can_explain(town)
    async with town.bot():
        ada = town.person()
        answer = await answered(town, ada)
        can_explain(town, explain_price=3)
        ada.presses(answer, "Why? · 3 credits")
        assert await town.said("The price has changed")
        await town.all_handled()
        assert len(town.hexagon.memory.state.predictions) == 1

        ada.presses(answer, "Why? · 4 credits")
        await all_told(town)
        assert (await town.said("This is what raised")).document


@pytest.mark.parametrize(
    ("work", "state"),
    [(None, ModelState.ACTIVE), (10**9, ModelState.ACTIVE), (1_000, ModelState.RETIRED)],
)
async def test_an_answer_that_cannot_be_explained_has_no_button(
    town: Town, work: int | None, state: ModelState
) -> None:
    async with town.bot():
        ada = town.person()
        ada.says("Great")
        await town.all_handled()
        facts = town.hexagon.memory.state.models[ModelRef("tone", 1)].facts
        can_explain(town, state=state, facts=replace(facts, explain_work=work))
        await all_told(town)
        assert not [each for each in town.telegram.to(CHAT) if each.buttons]


async def test_a_deleted_row_is_not_explained(town: Town) -> None:
    can_explain(town)
    async with town.bot():
        ada = town.person()
        answer = await answered(town, ada)
        [record] = town.hexagon.memory.state.predictions.values()
        owner = record.prediction.user_id
        await town.hexagon.forget_prediction(user_id=owner, prediction_id=record.prediction.id)
        ada.presses(answer, "Why?")
        assert await town.said("no longer stored")
        await town.all_handled()
        assert answer.buttons == []


async def test_a_message_that_cannot_be_changed_is_followed_by_the_picture(town: Town) -> None:
    can_explain(town)
    async with town.bot():
        ada = town.person()
        answer = await answered(town, ada)
        town.telegram.fail("editMessageMedia", 400, "Bad Request: message can't be edited")
        ada.presses(answer, "Why?")
        await all_told(town)
        picture = await town.said("This is what raised")
        assert picture.document is not None
        assert picture.document[1].startswith(PNG)
