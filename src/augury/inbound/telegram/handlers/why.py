"""The button "Why?" below an answer: the same row is predicted again, with an explanation, at the price on
the button."""

from uuid import UUID

import msgspec
from aiogram import F, Router
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import CallbackQuery, InlineKeyboardMarkup

from augury.domain.identifiers import PredictionId
from augury.domain.model import Model
from augury.domain.pricing import MaxPriceExceeded
from augury.inbound.pictures.waterfall import MOST_BARS
from augury.inbound.telegram.explaining import ASKS_WHY, why_button
from augury.inbound.telegram.keyboards import keyboard
from augury.inbound.telegram.submitting import resumed, submit
from augury.inbound.telegram.talk import Talk


def why_router() -> Router:
    router = Router(name="why")
    router.callback_query(F.data.startswith(ASKS_WHY))(explain)
    return router


async def explain(query: CallbackQuery, talk: Talk) -> None:
    """Request the explanation once for this answer, even if the button is pressed several times."""
    _, asked, price = (query.data or "").split(":")
    prediction_id, message = PredictionId(UUID(asked)), query.message
    if message is None:
        await talk.send(talk.say("stale"))
    elif await resumed(talk, message.message_id):
        await _show_button(None, message.message_id, talk)
    else:
        await _request(prediction_id, int(price), message.message_id, talk)


async def _request(prediction_id: PredictionId, price: int, message_id: int, talk: Talk) -> None:
    user_id = talk.chat.user_id
    ref = (await talk.desk.predictions.get(prediction_id, owner=user_id)).prediction.model
    row = await talk.desk.contents.input_of(prediction_id, owner=user_id)
    button = None
    if row is None:
        await talk.send(talk.say("why-forgotten"), to=message_id)
    else:
        model = await talk.desk.models.get(str(ref), user_id=user_id)
        try:
            await _submit(msgspec.json.decode(row), model, price, message_id, talk)
        except MaxPriceExceeded as refused:
            await talk.send(talk.say("price-changed"), to=message_id)
            button = keyboard([why_button(prediction_id, refused.price, talk.say)])
    await _show_button(button, message_id, talk)


async def _submit(row: object, model: Model, price: int, message_id: int, talk: Talk) -> None:
    await submit(
        talk,
        row,
        model=model,
        named=f"why {model.ref}",
        message_id=message_id,
        explain=MOST_BARS,
        max_price=price,
    )


async def _show_button(button: InlineKeyboardMarkup | None, message_id: int, talk: Talk) -> None:
    """Replace or remove the answer's button. Telegram refuses to change a very old message, or one that
    already has that button."""
    try:
        await talk.bot.edit_message_reply_markup(
            chat_id=talk.chat.id, message_id=message_id, reply_markup=button
        )
    except TelegramBadRequest:
        return
