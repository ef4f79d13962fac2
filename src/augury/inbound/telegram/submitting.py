"""From a person's message to an accepted prediction and the message that becomes its result."""

import hashlib
from dataclasses import dataclass

import msgspec

from augury.application.chats.ports import Reply
from augury.application.ports import IdempotencyKey, Json
from augury.application.predictions.request_predictions import Replayed, Request
from augury.domain.errors import DomainError
from augury.domain.model import Model
from augury.inbound.telegram.keyboards import button, keyboard
from augury.inbound.telegram.talk import Talk


@dataclass(frozen=True, slots=True)
class Batch:
    """A file that is answered by a file, and the bot's message that shows how far it is."""

    file_name: str
    placeholder_id: int


async def submit(
    talk: Talk,
    data: object,
    *,
    model: Model,
    named: str,
    message_id: int,
    batch: Batch | None = None,
) -> None:
    """Have `data` predicted once for this message, however often it is handled, and say so.

    `named` is how the model was asked for: its next version makes no other request of a repeated one.
    """
    request = _request(talk, data, model, named, message_id)
    accepted = await talk.desk.flight.board(request)
    if isinstance(accepted, DomainError):
        raise accepted
    is_replayed = isinstance(accepted, Replayed)
    reply = await talk.desk.notices.expect(
        Reply(
            chat_id=talk.chat.id,
            message_id=message_id,
            prediction_id=accepted.prediction_id if isinstance(accepted, Replayed) else accepted.id,
            placeholder_id=batch.placeholder_id if batch else None,
            file_name=batch.file_name if batch else None,
        )
    )
    await _show(talk, reply, rows=request.rows, price=model.price(request.rows), is_replayed=is_replayed)
    talk.desk.deliverer.expect(reply, talk.chat.user_id, talk.chat.language)


def _request(talk: Talk, data: object, model: Model, named: str, message_id: int) -> Request:
    encoded = Json(msgspec.json.encode(data))
    fingerprint = hashlib.sha256(named.encode() + b"\0" + encoded).digest()
    return Request.of(
        user_id=talk.chat.user_id,
        model=model,
        data=data,
        input=encoded,
        limits=talk.desk.limits,
        key=IdempotencyKey(f"telegram:{talk.chat.id}:{message_id}", fingerprint),
        notify=True,
    )


async def _show(talk: Talk, reply: Reply, *, rows: int, price: int, is_replayed: bool) -> None:
    say = talk.say
    stop = keyboard([button(say.plain("button-cancel"), f"x:{reply.prediction_id}")])
    if reply.placeholder_id is None:
        sent = await talk.send(say("queued", price=price), stop, to=reply.message_id)
        await talk.desk.notices.placed(reply, sent.message_id)
    elif reply.file_name is not None and not is_replayed:
        words = say("batch-queued", file=reply.file_name, rows=rows, price=price)
        await talk.change(reply.placeholder_id, words, stop)
