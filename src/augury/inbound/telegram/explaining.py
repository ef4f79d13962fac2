"""Explanations in a chat: the button that requests one, and the picture with the answer."""

import asyncio

from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest, TelegramNotFound
from aiogram.types import BufferedInputFile, InlineKeyboardButton, InputMediaPhoto

from augury.application.chats.ports.results import Delivery, Reply
from augury.application.limits import Limits
from augury.domain.answer import answers_in
from augury.domain.explanation import Explanation, explanations_in
from augury.domain.identifiers import PredictionId
from augury.domain.model import Model
from augury.domain.model_texts import ModelTexts
from augury.domain.prediction import Status
from augury.inbound.pictures.png import png_of
from augury.inbound.pictures.waterfall import waterfall
from augury.inbound.telegram.keyboards import button
from augury.inbound.telegram.texts import Markup, Speech
from augury.inbound.telegram.topics import answering, in_topic

ASKS_WHY = "why:"


def why_button(prediction_id: PredictionId, price: int, say: Speech) -> InlineKeyboardButton:
    return button(say.plain("button-why", price=price), f"{ASKS_WHY}{prediction_id}:{price}")


def offered(delivery: Delivery, model: Model, limits: Limits, say: Speech) -> InlineKeyboardButton | None:
    """The button that requests an explanation. None if this answer cannot be explained, or is an
    explanation."""
    prediction = delivery.prediction
    is_answer = prediction.status is Status.SUCCEEDED and prediction.single and delivery.output
    if not is_answer or explanation_in(delivery) is not None:
        return None
    if not model.serves or not model.facts.explains(1, most_work=limits.max_explain_work):
        return None
    return why_button(prediction.id, model.price(1, prediction.text_bytes, explained=True), say)


def explanation_in(delivery: Delivery) -> Explanation | None:
    """The explanation of a single row: of the answer's first label if the model answers several labels,
    otherwise of its first value. None if there is none."""
    answer = next(iter(answers_in(delivery.output)), None) if delivery.prediction.single else None
    found = explanations_in(answer)
    labels = answer["labels"] if answer and "labels" in answer else ()
    return next((each for each in found if each.get("of") in labels), found[0] if found else None)


async def show_picture(
    bot: Bot, reply: Reply, explanation: Explanation, texts: ModelTexts, caption: Markup, language: str
) -> None:
    """Replace the placeholder with the picture. If Telegram refuses that, send the picture as a new
    message."""
    png = await asyncio.to_thread(lambda: png_of(waterfall(explanation, texts, language)))
    photo = BufferedInputFile(png, "why.png")
    try:
        await bot.edit_message_media(
            InputMediaPhoto(media=photo, caption=caption),
            chat_id=reply.chat_id,
            message_id=reply.placeholder_id,
        )
    except (TelegramBadRequest, TelegramNotFound) as error:
        if "chat not found" in error.message:
            raise
        await in_topic(
            reply.thread_id,
            lambda thread_id: bot.send_photo(
                reply.chat_id,
                photo,
                caption=caption,
                message_thread_id=thread_id,
                reply_parameters=answering(reply.message_id),
            ),
        )
