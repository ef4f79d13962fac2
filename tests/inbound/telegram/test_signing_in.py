"""Signing in to the pages by a chat: the bot's side."""

from dataclasses import replace

from augury.application.people.tokens import digest, new_secret
from augury.domain.chat_sign_in import choices_of, number_of
from augury.domain.user import Role
from tests.inbound.telegram.conftest import CHAT, Town


async def asked(town: Town) -> str:
    """The code of a browser's request."""
    await town.hexagon.links.saw_bot("a_bot")
    code = new_secret()
    await town.hexagon.ask_chat_sign_in(code=code, client="Firefox, Linux", address="here")
    return code


async def confirmed_by(town: Town, code: str) -> int | None:
    found = await town.hexagon.chat_sign_ins.asked(digest(code))
    return found.chat_id if found else None


async def test_the_bot_asks_for_the_number_on_the_page(town: Town) -> None:
    code, other = await asked(town), await asked(town)
    async with town.bot():
        ada, bob = town.person(), town.person(8)
        ada.says(f"/start login-{code}")
        question = await town.said(
            "Sign in to the account of this chat on the site? The browser: Firefox, Linux."
        )
        assert [[each["text"] for each in row] for row in question.buttons] == [
            [str(number) for number in choices_of(code)],
            ["✖ Do not sign in"],
        ]
        assert all(len(each["callback_data"]) <= 64 for row in question.buttons for each in row)
        assert await confirmed_by(town, code) is None
        ada.presses(question, str(number_of(code)))
        await town.said("Go back to the page")
        assert await confirmed_by(town, code) == CHAT
        bob.says(f"/start login-{code}")
        await town.said("This request to sign in was used before", chat_id=8)

        ada.says(f"/start login-{other}")
        question = await town.said("Sign in to the account", after=question.message_id)
        ada.presses(question, "Do not sign in")
        await town.said("Nobody was signed in")
        assert await town.hexagon.chat_sign_ins.asked(digest(other)) is None


async def test_a_wrong_number_signs_nobody_in(town: Town) -> None:
    code = await asked(town)
    wrong = next(each for each in choices_of(code) if each != number_of(code))
    async with town.bot():
        ada = town.person(language="ru")
        ada.says(f"/start login-{code}")
        question = await town.said("Нажмите число")
        ada.presses(question, str(wrong))
        refused = await town.said("прерван неверным числом")
        ada.presses(question, str(number_of(code)))
        await town.said("прерван неверным числом", after=refused.message_id)
    assert await town.hexagon.chat_sign_ins.asked(digest(code)) is None


async def test_the_question_names_the_linked_account_but_an_administrator_needs_the_password(
    town: Town,
) -> None:
    account = await town.hexagon.user(email="ada@example.org")
    code = await asked(town)
    async with town.bot():
        ada = town.person()
        issued = await town.hexagon.issue_telegram_link(user_id=account.id)
        ada.says(f"/start {issued.url.partition('=')[2]}")
        ada.presses(await town.said("a•••@example.org"), "Link")
        await town.said("This chat is now linked")
        ada.says(f"/start login-{code}")
        question = await town.said("Sign in to the account a•••@example.org on the site")
        await town.hexagon.users.change_role(replace(account, role=Role.ADMIN))
        ada.presses(question, str(number_of(code)))
        refused = await town.said("Administrators sign in with their e-mail address")
        ada.says(f"/start login-{code}")
        await town.said("Administrators sign in", after=refused.message_id)
    assert await confirmed_by(town, code) is None
