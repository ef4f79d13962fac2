"""Submits a person's request as a prediction, and shows the message that its result will replace."""

import hashlib
from dataclasses import dataclass, replace

import msgspec
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import InlineKeyboardMarkup

from augury.application.chats.ports.results import Reply
from augury.application.ports import Json
from augury.application.predictions.requests import Replayed
from augury.application.predictions.submit_prediction import Submission
from augury.domain.idempotency import IdempotencyKey, name_of_message
from augury.domain.identifiers import PredictionId
from augury.domain.model import Model
from augury.domain.prediction import Prediction
from augury.inbound.telegram.keyboards import button, keyboard
from augury.inbound.telegram.talk import Talk
from augury.inbound.telegram.texts import Markup


@dataclass(frozen=True, slots=True)
class ShortFile:
    """A file that becomes one prediction, and the bot's message that shows its progress."""

    file_name: str
    placeholder_id: int
    sheet: Json | None = None
    """The file's format and its columns that the model does not know."""


async def submit(
    talk: Talk,
    data: object,
    *,
    model: Model,
    named: str,
    message_id: int,
    file: ShortFile | None = None,
    explain: int | None = None,
    max_price: int | None = None,
) -> None:
    """Submit `data` once for this message, even if the message is handled several times, and tell the person.

    `named` is the model as it was requested. It identifies a repeated request even if the name has a newer
    version meanwhile. `explain` features of the row are explained. A price above `max_price` is refused.
    """
    encoded = Json(msgspec.json.encode(data))
    fingerprint = hashlib.sha256(named.encode() + b"\0" + encoded).digest()
    answer = await talk.desk.submit_prediction(
        Submission(
            user_id=talk.chat.user_id,
            data=data,
            input=encoded,
            model=str(model.ref),
            key=IdempotencyKey(key_name(talk, message_id), fingerprint),
            notify=True,
            explain=explain,
            max_price=max_price,
            terms=None,
        )
    )
    if isinstance(answer, Replayed):
        await _told_again(talk, answer.prediction_id, message_id, file)
    else:
        await _told(talk, answer, message_id, file, is_new=True)


async def resumed(talk: Talk, message_id: int, file: ShortFile | None = None) -> bool:
    """Whether this message was accepted before, and the bot then stopped while handling it. If so, its result
    is delivered, even if the model, its price or the file has changed since."""
    accepted = await _accepted_as(talk, message_id)
    if accepted is None:
        return False
    await _told_again(talk, accepted, message_id, file)
    return True


async def was_accepted(talk: Talk, message_id: int) -> bool:
    return await _accepted_as(talk, message_id) is not None


async def _accepted_as(talk: Talk, message_id: int) -> PredictionId | None:
    return await talk.desk.find_accepted(user_id=talk.chat.user_id, key=key_name(talk, message_id))


def key_name(talk: Talk, message_id: int) -> str:
    """The name of the idempotency key of a person's message."""
    return name_of_message(talk.chat.id, message_id)


async def _told_again(talk: Talk, accepted: PredictionId, message_id: int, file: ShortFile | None) -> None:
    stored = await talk.desk.predictions.get(accepted, owner=talk.chat.user_id)
    await _told(talk, stored.prediction, message_id, file, is_new=False)


async def _told(
    talk: Talk, prediction: Prediction, message_id: int, file: ShortFile | None, *, is_new: bool
) -> None:
    """Store where the result goes, show that the prediction is in the queue, and hand it to the deliverer."""
    reply = await talk.desk.notices.expect(
        Reply(
            chat_id=talk.chat.id,
            message_id=message_id,
            prediction_id=prediction.id,
            placeholder_id=file.placeholder_id if file else None,
            file_name=file.file_name if file else None,
            thread_id=talk.thread_id,
        ),
        sheet=file.sheet if file else None,
    )
    reply = await _show(talk, reply, prediction, is_new=is_new)
    talk.desk.deliverer.expect(reply, talk.chat.user_id, talk.chat.language)


async def _show(talk: Talk, reply: Reply, prediction: Prediction, *, is_new: bool) -> Reply:
    """Show that the prediction is in the queue. Returns the reply with the id of that message."""
    say, price = talk.say, prediction.price
    stop = keyboard([button(say.plain("button-cancel"), f"x:{reply.prediction_id}")])
    words = say("queued", price=price)
    place = await _place(talk, prediction)
    if reply.placeholder_id is not None:
        if reply.file_name is None or not is_new:
            return reply
        words = say("batch-queued", file=reply.file_name, rows=prediction.rows, price=price)
        words = Markup(f"{words}{place}")
        if await _changed(talk, reply.placeholder_id, words, stop):
            return reply
    sent = await talk.send(Markup(f"{words}{place}"), stop, to=reply.message_id)
    await talk.desk.notices.placed(reply, sent.message_id)
    return replace(reply, placeholder_id=sent.message_id)


async def _place(talk: Talk, prediction: Prediction) -> Markup:
    """A line with the prediction's place in the queue. Empty if nobody is ahead of it."""
    if talk.desk.places.is_quiet:
        return Markup()
    stored = await talk.desk.predictions.get(prediction.id, owner=prediction.user_id)
    place = talk.desk.places.of(stored)
    if place is None or not place.ahead:
        return Markup()
    if place.starts_in is None or place.starts_in_p90 is None:
        words = talk.say("queue-place", ahead=place.ahead)
    else:
        soon, late = max(1, round(place.starts_in)), max(1, round(place.starts_in_p90))
        words = talk.say("queue-place-and-time", ahead=place.ahead, soon=soon, late=late)
    return Markup(f"\n{words}")


async def _changed(talk: Talk, message_id: int, words: str, stop: InlineKeyboardMarkup) -> bool:
    """Change the message. Returns whether it has these words now; an old or deleted one cannot be changed."""
    try:
        await talk.change(message_id, words, stop)
    except TelegramBadRequest as error:
        if "chat not found" in error.message:
            raise
        return "not modified" in error.message
    return True
