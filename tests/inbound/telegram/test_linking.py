"""A link is confirmed first and can be undone. Stored data is listed, and deleted on command."""

import pytest

from augury.domain.user import User, UserNotFound
from tests.inbound.telegram.conftest import CHAT, Town


async def link_of(town: Town, user: User) -> str:
    await town.hexagon.links.saw_bot("a_bot")
    issued = await town.hexagon.issue_telegram_link(user_id=user.id)
    return issued.url.partition("=")[2]


async def acts_for(town: Town) -> User:
    chat = await town.hexagon.chats.get(CHAT)
    assert chat is not None
    return await town.hexagon.users.get(chat.user_id)


async def test_a_link_moves_nothing_until_the_chat_says_yes(town: Town) -> None:
    account = await town.hexagon.user(90, email="ada@example.org")
    code = await link_of(town, account)
    async with town.bot():
        ada = town.person()
        ada.says(f"/start {code}")
        question = await town.said("a•••@example.org")
        assert "10 credits" in question.text
        assert [[each["text"] for each in row] for row in question.buttons] == [["✅ Link", "✖ Refuse"]]
        assert (await acts_for(town)).email is None
        ada.presses(question, "Link")
        await town.said("You have 100 credits")
        assert (await acts_for(town)).id == account.id
        ada.presses(question, "Link")
        await town.all_handled()
        assert (await town.hexagon.balance_of(account.id)).available == 100


async def test_a_refused_link_moves_nothing_and_is_over(town: Town) -> None:
    code = await link_of(town, await town.hexagon.user(email="mallory@example.org"))
    async with town.bot():
        ada = town.person()
        ada.says(f"/start {code}")
        question = await town.said("m•••@example.org")
        ada.presses(question, "Refuse")
        await town.said("This chat was not linked")
        ada.presses(question, "Link")
        await town.said("This link was used before")
        assert (await acts_for(town)).email is None


async def test_a_link_is_undone_with_what_was_bought_since(town: Town) -> None:
    account = await town.hexagon.user(email="mallory@example.org")
    code = await link_of(town, account)
    async with town.bot():
        ada = town.person()
        ada.says("/unlink")
        await town.said("This chat is not linked")
        ada.says(f"/start {code}")
        question = await town.said("m•••@example.org")
        ada.presses(question, "Link")
        await town.said("You have 10 credits", after=question.message_id)
        await town.hexagon.record_payment(chat_id=CHAT, charge_id="c", stars=50, credits=100)
        ada.says("/unlink")
        await town.said("its own account again, with 100 credits")
        assert (await town.hexagon.balance_of(account.id)).available == 10
        ada.presses(question, "Link")
        await town.said("This link was used before")
    assert await town.hexagon.balanced()


async def test_what_is_stored_is_said_and_deleted_after_a_yes(town: Town) -> None:
    async with town.bot():
        ada = town.person()
        ada.says("/privacy")
        await town.said("The data I store about you")
        ada.says("good day")
        await town.said("In the queue")
        ada.says("/delete")
        question = await town.said("You will lose 9 credits")
        ada.presses(question, "Delete everything")
        await town.said("1 unfinished prediction")
        await town.hexagon.run_all()
        ada.presses(question, "Keep it")
        await town.said("Nothing was deleted")
        deleted = await acts_for(town)
        ada.presses(question, "Delete everything")
        await town.said("Your account is closed")
        state = town.hexagon.memory.state
        assert CHAT not in state.chats
        assert not any(record.input for record in state.predictions.values())
        with pytest.raises(UserNotFound):
            await town.hexagon.users.get(deleted.id)

        sent = ada.says("/start")
        await town.said("You have 0 credits", after=sent)
        ada.presses(question, "Delete everything")
        await town.said("This button is from an earlier question")
        assert CHAT in town.hexagon.memory.state.chats
    assert await town.hexagon.balanced()


async def test_an_account_made_elsewhere_is_not_deleted_from_a_chat(town: Town) -> None:
    account = await town.hexagon.user(email="ada@example.org")
    code = await link_of(town, account)
    async with town.bot():
        ada = town.person(language="ru")
        ada.says("/delete")
        before = await town.said("Удалить аккаунт")
        ada.says(f"/start {code}")
        ada.presses(await town.said("a•••@example.org"), "Привязать")
        await town.said("привязан к вашему аккаунту")
        sent = ada.says("/delete")
        await town.said("привязан к аккаунту a•••@example.org", after=sent)
        ada.presses(before, "Удалить")
        await town.said("Эта кнопка", after=sent)
    assert (await town.hexagon.users.get(account.id)).email == "ada@example.org"
