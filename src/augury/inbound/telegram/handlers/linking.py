"""Links a chat with an account after a confirmation, and unlinks it on command."""

from aiogram import F, Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, Message

from augury.inbound.telegram.keyboards import button, keyboard, menu
from augury.inbound.telegram.talk import Talk


def linking_router() -> Router:
    router = Router(name="linking")
    router.message(Command("unlink"))(unlink)
    router.callback_query(F.data.startswith("link:"))(link)
    router.callback_query(F.data.startswith("no-link:"))(refuse)
    return router


async def offer(talk: Talk, code: str) -> None:
    """Name the account and what would move there, and ask for a confirmation: anybody can make a link and
    send it to others."""
    preview = await talk.desk.preview_link(chat=talk.chat, code=code)
    if preview.linked:
        await _say_linked(talk, preview.available)
        return
    say = talk.say
    buttons = [
        button(say.plain("button-link"), f"link:{code}"),
        button(say.plain("button-refuse"), f"no-link:{code}"),
    ]
    words = say("link-question", account=preview.account, credits=say("credits", credits=preview.available))
    await talk.send(words, keyboard(choices=buttons))


async def link(query: CallbackQuery, talk: Talk) -> None:
    code = (query.data or "").removeprefix("link:")
    user_id = await talk.desk.link_chat(chat=talk.chat, code=code)
    await _say_linked(talk, (await talk.desk.balances.of(user_id)).spendable)


async def refuse(query: CallbackQuery, talk: Talk) -> None:
    await talk.desk.refuse_link(chat=talk.chat, code=(query.data or "").removeprefix("no-link:"))
    await talk.send(talk.say("link-refused"))


async def unlink(_: Message, talk: Talk) -> None:
    balance = await talk.desk.unlink_chat(chat=talk.chat)
    await talk.send(talk.say("unlinked", credits=talk.say("credits", credits=balance.available)))


async def _say_linked(talk: Talk, available: int) -> None:
    await talk.send(talk.say("linked", credits=talk.say("credits", credits=available)), menu(talk.say))
