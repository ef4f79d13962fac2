"""From a person's message to an accepted prediction and the message that becomes its result."""

import hashlib
from dataclasses import dataclass

import msgspec

from augury.application.chats.ports import Reply
from augury.application.ports import IdempotencyKey, Json
from augury.application.predictions.requests import Replayed
from augury.application.predictions.submit_prediction import Submission
from augury.domain.identifiers import PredictionId
from augury.domain.model import Model
from augury.domain.prediction import Prediction
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

    `named` is how the model was asked for: a repeated request is the same one, though the name may have a
    newer version by then.
    """
    encoded = Json(msgspec.json.encode(data))
    fingerprint = hashlib.sha256(named.encode() + b"\0" + encoded).digest()
    answer = await talk.desk.submit_prediction(
        Submission(
            user_id=talk.chat.user_id,
            data=data,
            input=encoded,
            model=str(model.ref),
            key=IdempotencyKey(_key(talk, message_id), fingerprint),
            notify=True,
        )
    )
    if isinstance(answer, Replayed):
        await _told_again(talk, answer.prediction_id, message_id, batch)
    else:
        await _told(talk, answer, message_id, batch, is_new=True)


async def resumed(talk: Talk, message_id: int, batch: Batch | None = None) -> bool:
    """Whether this message was accepted before the bot stopped in the middle of handling it; its result is
    then on its way, whatever became of the model, its price or the file since."""
    accepted = await talk.desk.find_accepted(user_id=talk.chat.user_id, key=_key(talk, message_id))
    if accepted is None:
        return False
    await _told_again(talk, accepted, message_id, batch)
    return True


def _key(talk: Talk, message_id: int) -> str:
    return f"telegram:{talk.chat.id}:{message_id}"


async def _told_again(talk: Talk, accepted: PredictionId, message_id: int, batch: Batch | None) -> None:
    stored = await talk.desk.predictions.get(accepted, owner=talk.chat.user_id)
    await _told(talk, stored.prediction, message_id, batch, is_new=False)


async def _told(
    talk: Talk, prediction: Prediction, message_id: int, batch: Batch | None, *, is_new: bool
) -> None:
    """Note where the result goes, show that it is coming, and have it delivered."""
    reply = await talk.desk.notices.expect(
        Reply(
            chat_id=talk.chat.id,
            message_id=message_id,
            prediction_id=prediction.id,
            placeholder_id=batch.placeholder_id if batch else None,
            file_name=batch.file_name if batch else None,
        )
    )
    await _show(talk, reply, prediction, is_new=is_new)
    talk.desk.deliverer.expect(reply, talk.chat.user_id, talk.chat.language)


async def _show(talk: Talk, reply: Reply, prediction: Prediction, *, is_new: bool) -> None:
    say, price = talk.say, prediction.price
    stop = keyboard([button(say.plain("button-cancel"), f"x:{reply.prediction_id}")])
    if reply.placeholder_id is None:
        sent = await talk.send(say("queued", price=price), stop, to=reply.message_id)
        await talk.desk.notices.placed(reply, sent.message_id)
    elif reply.file_name is not None and is_new:
        words = say("batch-queued", file=reply.file_name, rows=prediction.rows, price=price)
        await talk.change(reply.placeholder_id, words, stop)
