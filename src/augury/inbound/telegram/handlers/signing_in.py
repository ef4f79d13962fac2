"""Signs a browser in by this chat, after its owner has pressed the number that the browser's page shows."""

import re

from aiogram import F, Router
from aiogram.types import CallbackQuery

from augury.application.chats.ask_chat_sign_in import PREFIX
from augury.inbound.telegram.keyboards import button, keyboard
from augury.inbound.telegram.talk import Talk

SIGN_IN_CODE = re.compile(rf"{PREFIX}(?P<code>[A-Za-z0-9_-]{{43}})")
"""The codes of the pages: 32 bytes in base64url."""


def signing_in_router() -> Router:
    router = Router(name="signing-in")
    router.callback_query(F.data.regexp(r"^enter:[A-Za-z0-9_-]{43}:\d\d$"))(enter)
    router.callback_query(F.data.startswith("no-enter:"))(refuse)
    return router


async def offer_sign_in(talk: Talk, code: str) -> None:
    """Ask for the number on the page: anybody can begin to sign in and send the link to others."""
    say = talk.say
    asked = await talk.desk.confirm_chat_sign_in.question(chat=talk.chat, code=code)
    numbers = [button(str(number), f"enter:{code}:{number}") for number in asked.choices]
    refusal = [button(say.plain("button-no-sign-in"), f"no-enter:{code}")]
    account = say("sign-in-account", account=asked.account) if asked.account else say("sign-in-own-account")
    words = say("sign-in-question", client=asked.client, account=account)
    await talk.send(words, keyboard(refusal, choices=numbers, wide=len(numbers)))


async def enter(query: CallbackQuery, talk: Talk) -> None:
    _, code, number = (query.data or "").split(":")
    await talk.desk.confirm_chat_sign_in(chat=talk.chat, code=code, number=int(number))
    await talk.send(talk.say("sign-in-confirmed"))


async def refuse(query: CallbackQuery, talk: Talk) -> None:
    await talk.desk.confirm_chat_sign_in.refuse(code=(query.data or "").removeprefix("no-enter:"))
    await talk.send(talk.say("sign-in-refused"))
