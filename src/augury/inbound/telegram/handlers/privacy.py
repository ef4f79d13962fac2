"""Shows what is stored about a person, and deletes it."""

from aiogram import F, Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, Message

from augury.domain.email_address import masked_email
from augury.domain.transfer import MOST_CREDITS
from augury.inbound.telegram.keyboards import button, keyboard
from augury.inbound.telegram.talk import Talk


def privacy_router() -> Router:
    router = Router(name="privacy")
    router.message(Command("privacy"))(privacy)
    router.message(Command("delete"))(ask)
    router.callback_query(F.data.startswith("delete:"))(delete)
    router.callback_query(F.data == "keep")(keep)
    return router


async def privacy(_: Message, talk: Talk) -> None:
    await talk.send(talk.say("privacy", days=talk.desk.limits.keep_batches.days))


async def ask(_: Message, talk: Talk) -> None:
    """Ask for a confirmation, which names the credits that are lost with the account."""
    if await _is_linked(talk):
        return
    available = await talk.desk.available(talk.chat)
    say = talk.say
    buttons = [
        button(say.plain("button-delete"), f"delete:{talk.chat.user_id.hex}:{available}"),
        button(say.plain("button-keep"), "keep"),
    ]
    await talk.send(
        say("delete-question", credits=say("credits", credits=available)), keyboard(choices=buttons)
    )


async def delete(query: CallbackQuery, talk: Talk) -> None:
    """An old button does not delete an account that was opened since."""
    _, user_id, available = (query.data or "").split(":")
    if user_id != talk.chat.user_id.hex or not available.isdecimal():
        await talk.send(talk.say("stale"))
    elif not await _is_linked(talk):
        await talk.desk.close_account(user_id=talk.chat.user_id, forfeit=min(int(available), MOST_CREDITS))
        await talk.send(talk.say("deleted"))


async def keep(_: CallbackQuery, talk: Talk) -> None:
    await talk.send(talk.say("kept"))


async def _is_linked(talk: Talk) -> bool:
    """Whether the account was made elsewhere. It must be closed there, because that needs its password."""
    email = (await talk.desk.users.get(talk.chat.user_id)).email
    if email is not None:
        await talk.send(talk.say("delete-linked", account=masked_email(email)))
    return email is not None
