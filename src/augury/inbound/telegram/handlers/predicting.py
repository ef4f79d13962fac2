"""Predictions from a plain text or from a dialogue that asks feature by feature, and canceling either."""

from uuid import UUID

from aiogram import F, Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, Message
from msgspec.structs import replace

from augury.domain.errors import DomainError
from augury.domain.identifiers import PredictionId
from augury.domain.model import Model, ModelNotFound
from augury.domain.numbers import TwoReadings
from augury.inbound.telegram.dialogue import Asking, NoAnswer, Over, Value, answer, row_of, without_file
from augury.inbound.telegram.questions import ask, ask_which
from augury.inbound.telegram.submitting import resumed, submit
from augury.inbound.telegram.talk import Talk
from augury.inbound.telegram.texts import said_in_any


def predicting_router() -> Router:
    router = Router(name="predicting")
    router.message(Command("predict"))(predict)
    router.message(F.text.in_(said_in_any("button-predict")))(predict)
    router.message(Command("cancel"))(stop_asking)
    router.callback_query(F.data.startswith("a:"))(choose)
    router.callback_query(F.data.startswith("back:"))(back)
    router.callback_query(F.data.startswith("stop:"))(stop_by_button)
    router.callback_query(F.data.startswith("x:"))(cancel)
    router.message(F.text, ~F.text.startswith("/"))(read_text)
    return router


async def predict(message: Message, talk: Talk) -> None:
    if talk.was_applied(message.message_id):
        await _resume(talk)
        return
    model = await talk.desk.model_of(talk.chat)
    asking = Asking(
        began=message.message_id,
        model=str(model.ref),
        row_price=model.row_price,
        text_price=model.text_price,
        seen=message.message_id,
    )
    await talk.remember(asking)
    await _go_on(asking, talk)


async def read_text(message: Message, talk: Talk) -> None:
    """Apply the text as an answer if a dialogue is open, else predict it."""
    text, message_id = message.text or "", message.message_id
    if talk.was_applied(message_id):
        await _resume(talk)
    elif isinstance(talk.dialogue, Asking):
        await _apply(talk.dialogue, text, message_id, talk)
    else:
        await _predict_text(text, message_id, talk)


async def choose(query: CallbackQuery, talk: Talk) -> None:
    asking, step = _asked(query, talk)
    if asking is None:
        await talk.send(talk.say("stale"))
    elif step != len(asking.values):  # the button of an earlier question
        await _go_on(asking, talk)
    else:
        choice = (query.data or "").rpartition(":")[2]
        feature = (await _model(asking, talk)).facts.schema.features[step]
        if choice == "none":
            await _append(asking, None, asking.seen, talk)
        elif choice.startswith("="):  # the number that was chosen from two readings
            await _append(asking, answer(feature, choice[1:], talk.desk.limits.max_text), asking.seen, talk)
        else:
            await _append(asking, feature.values[int(choice)], asking.seen, talk)


async def back(query: CallbackQuery, talk: Talk) -> None:
    asking, step = _asked(query, talk)
    if asking is None:
        await talk.send(talk.say("stale"))
        return
    if step == len(asking.values):  # else this step back was applied before
        asking = replace(asking, values=asking.values[:-1])
        await talk.remember(asking)
    await _go_on(asking, talk)


async def stop_by_button(query: CallbackQuery, talk: Talk) -> None:
    """End only the dialogue, or drop only the file, that the button belongs to."""
    began = int((query.data or "").split(":")[1])
    if file := talk.waiting_file(began):
        await talk.remember_all(without_file(talk.known, began))
        await talk.send(talk.say("file-left", file=file.file_name), to=began)
    elif isinstance(talk.dialogue, Asking) and talk.dialogue.began == began:
        await talk.remember(Over(seen=talk.dialogue.seen))
        await talk.send(talk.say("dialogue-over"))
    else:
        await talk.send(talk.say("nothing-to-cancel"))


async def stop_asking(message: Message, talk: Talk) -> None:
    """End the dialogue and drop all unconfirmed files."""
    known = talk.known
    is_open = isinstance(known, Asking) or bool(known.files)
    if is_open:
        await talk.remember_all(Over(seen=message.message_id, files_seen=known.files_seen))
    await talk.send(talk.say("dialogue-over" if is_open else "nothing-to-cancel"))


async def cancel(query: CallbackQuery, talk: Talk) -> None:
    """Cancel the prediction. The deliverer then changes its message, as for any other final status."""
    prediction_id = PredictionId(UUID((query.data or "").removeprefix("x:")))
    await talk.desk.cancel_prediction(user_id=talk.chat.user_id, prediction_id=prediction_id)


async def _predict_text(text: str, message_id: int, talk: Talk) -> None:
    model = await talk.desk.model_of(talk.chat)
    features = model.facts.schema.features
    if len(features) != 1:
        if not await resumed(talk, message_id):
            await talk.send(talk.say("use-predict", model=model.ref.name, features=len(features)))
        return
    try:
        value = answer(features[0], text, talk.desk.limits.max_text)
    except NoAnswer as wrong:
        if not await resumed(talk, message_id):
            await talk.send(talk.say(wrong.message, value=text))
        return
    except TwoReadings as readings:
        if await resumed(talk, message_id):
            return
        asking = Asking(
            began=message_id,
            model=str(model.ref),
            row_price=model.row_price,
            text_price=model.text_price,
            seen=message_id,
        )
        await talk.remember(asking)
        await ask_which(asking, text, readings, talk)
        return
    named = talk.desk.model_name(talk.chat)
    await submit(talk, {features[0].name: value}, model=model, named=named, message_id=message_id)


async def _apply(asking: Asking, text: str, message_id: int, talk: Talk) -> None:
    model = await _model(asking, talk)
    features = model.facts.schema.features
    if len(asking.values) == len(features):  # complete: the bot stopped before it was submitted
        await _go_on(asking, talk)
        await _predict_text(text, message_id, talk)
        return
    try:
        value = answer(features[len(asking.values)], text, talk.desk.limits.max_text)
    except NoAnswer as wrong:
        await talk.send(talk.say(wrong.message, value=text))
        await ask(asking, model, talk)
        return
    except TwoReadings as readings:
        await ask_which(asking, text, readings, talk)
        return
    await _append(asking, value, message_id, talk)


async def _append(asking: Asking, value: Value, seen: int, talk: Talk) -> None:
    asking = replace(asking, values=(*asking.values, value), seen=seen)
    await talk.remember(asking)
    await _go_on(asking, talk)


async def _resume(talk: Talk) -> None:
    """Continue after a message that is handled again: it is stored, but the next step may not have been."""
    if isinstance(talk.dialogue, Asking):
        await _go_on(talk.dialogue, talk)


async def _go_on(asking: Asking, talk: Talk) -> None:
    """Ask the next question, or submit the row if it is complete."""
    model = await _model(asking, talk)
    if len(asking.values) < len(model.facts.schema.features):
        await ask(asking, model, talk)
        return
    if await resumed(talk, asking.began):
        await talk.remember(Over(seen=asking.seen))
        return
    if not asking.is_priced_as(model):
        asking = replace(
            asking, values=asking.values[:-1], row_price=model.row_price, text_price=model.text_price
        )
        await talk.remember(asking)
        await talk.send(talk.say("price-changed"))
        await ask(asking, model, talk, says_price=True)  # answering again accepts the price
        return
    row = row_of(model, asking)
    try:
        await submit(talk, row, model=model, named=asking.model, message_id=asking.began)
    except DomainError:
        await talk.remember(Over(seen=asking.seen))
        raise
    await talk.remember(Over(seen=asking.seen))


async def _model(asking: Asking, talk: Talk) -> Model:
    """The dialogue's model. If it was retired meanwhile, the dialogue ends."""
    try:
        return await talk.desk.models.get(asking.model, user_id=talk.chat.user_id)
    except ModelNotFound:
        await talk.remember(Over(seen=asking.seen))
        raise


def _asked(query: CallbackQuery, talk: Talk) -> tuple[Asking | None, int]:
    """The dialogue that the button belongs to, if it is still open, and the button's step in it."""
    _, began, step, *_ = (query.data or "").split(":")
    dialogue = talk.dialogue
    is_its = isinstance(dialogue, Asking) and str(dialogue.began) == began
    return (dialogue if is_its and isinstance(dialogue, Asking) else None), int(step)
