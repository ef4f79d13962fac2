"""The person's account: start, balance, history, choice of model, language."""

import re
from contextlib import suppress
from uuid import UUID

from aiogram import F, Router
from aiogram.exceptions import TelegramBadRequest
from aiogram.filters import Command, CommandObject, CommandStart
from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message

from augury.application.batches.ports import StoredBatch
from augury.application.predictions.ports.reads import StoredPrediction
from augury.domain.identifiers import BatchId, PredictionId
from augury.domain.model import Model, ModelRef
from augury.domain.model_texts import ModelTexts
from augury.domain.prediction import Status
from augury.inbound.telegram.handlers.linking import offer
from augury.inbound.telegram.handlers.signing_in import SIGN_IN_CODE, offer_sign_in
from augury.inbound.telegram.keyboards import button, keyboard, menu
from augury.inbound.telegram.results import summary
from augury.inbound.telegram.talk import Talk
from augury.inbound.telegram.texts import LANGUAGES, Speech, said_in_any, shortened, speech

PAGE = 8
MODELS_PAGE = 10
MOST_FEATURES_CHARACTERS = 100
MOST_DESCRIPTION_CHARACTERS = 200
"""Together these keep a page of models within Telegram's 4,096 characters per message."""
ICONS = {
    Status.QUEUED: "⏳",
    Status.PROCESSING: "⚙",
    Status.SUCCEEDED: "✅",
    Status.FAILED: "❌",
    Status.CANCELED: "✖",
    Status.EXPIRED: "⌛",
}
LINK_CODE = re.compile(r"[A-Za-z0-9_-]{43}")
"""The codes of `IssueTelegramLink`: 32 random bytes in base64url."""
NAMES = {"ru": "Русский", "en": "English"}


def account_router() -> Router:
    router = Router(name="account")
    router.message(CommandStart())(start)
    for name, handler in (("balance", balance), ("history", history), ("models", models), ("help", help_)):
        router.message(Command(name))(handler)
        router.message(F.text.in_(said_in_any(f"button-{name}")))(handler)
    router.message(Command("language"))(language)
    router.callback_query(F.data.startswith("history:"))(turn_page)
    router.callback_query(F.data.startswith("models:"))(turn_models)
    router.callback_query(F.data.startswith("="))(choose_model)
    router.callback_query(F.data.startswith("language:"))(choose_language)
    return router


async def start(_: Message, command: CommandObject, talk: Talk) -> None:
    """Link the account or sign a browser in, if `/start` carries a code for it. Other arguments only say
    where the person came from."""
    say, desk = talk.say, talk.desk
    if command.args and (found := SIGN_IN_CODE.fullmatch(command.args)):
        await offer_sign_in(talk, found["code"])
        return
    if command.args and LINK_CODE.fullmatch(command.args):
        await offer(talk, command.args)
        return
    available = await desk.available(talk.chat)
    words = say("welcome", model=desk.model_name(talk.chat), credits=say("credits", credits=available))
    await talk.send(words, menu(say))


async def help_(_: Message, talk: Talk) -> None:
    await talk.send(talk.say("help", model=talk.desk.model_name(talk.chat)), menu(talk.say))


async def balance(_: Message, talk: Talk) -> None:
    found = await talk.desk.balances.of(talk.chat.user_id)
    await talk.send(talk.say("balance", available=found.spendable, held=found.held, owed=found.owed))


async def history(_: Message, talk: Talk) -> None:
    await talk.send(*await _page(talk, before=None))


async def turn_page(query: CallbackQuery, talk: Talk) -> None:
    before = (query.data or "").removeprefix("history:")
    words, buttons = await _page(talk, before=PredictionId(UUID(before)) if before else None)
    await _show_page(query, talk, words, buttons)


async def models(_: Message, talk: Talk) -> None:
    await talk.send(*await _models(talk, begin=0))


async def turn_models(query: CallbackQuery, talk: Talk) -> None:
    words, buttons = await _models(talk, begin=int((query.data or "").removeprefix("models:")))
    await _show_page(query, talk, words, buttons)


async def choose_model(query: CallbackQuery, talk: Talk) -> None:
    model = await talk.desk.models.get((query.data or "").removeprefix("="))
    await talk.desk.chats.choose(talk.chat.id, model.ref.name)
    await talk.send(talk.say("model-chosen", name=model.ref.name))


async def language(_: Message, talk: Talk) -> None:
    buttons = [button(NAMES[code], f"language:{code}") for code in LANGUAGES]
    await talk.send(talk.say("language"), keyboard(choices=buttons))


async def choose_language(query: CallbackQuery, talk: Talk) -> None:
    code = (query.data or "").removeprefix("language:")
    if code in LANGUAGES:
        await talk.desk.chats.speak(talk.chat.id, code)
        say = speech(code)
        await talk.send(say("language-chosen"), menu(say))


async def _page(talk: Talk, *, before: PredictionId | None) -> tuple[str, InlineKeyboardMarkup | None]:
    say = talk.say
    user_id, texts = talk.chat.user_id, dict[ModelRef, ModelTexts]()
    page = await talk.desk.predictions.page(user_id, limit=PAGE, before=before)
    batches = await talk.desk.batches.page(
        user_id, limit=PAGE + 1, before=None if before is None else BatchId(before)
    )
    found: list[StoredPrediction | StoredBatch] = [*page.items, *batches]
    found.sort(key=_id, reverse=True)  # ids of both kinds sort by time
    shown = found[:PAGE]
    if not shown:
        return say("history-empty"), None
    lines: list[str] = [say("history")]
    for each in shown:
        if isinstance(each, StoredBatch):
            lines.append(_batch_line(each, say))
            continue
        model = each.prediction.model
        if model not in texts:
            texts[model] = (await talk.desk.models.version(model)).facts.texts
        lines.append(_history_line(each, say, texts[model]))
    buttons = [button(say.plain("button-newest"), "history:")] if before else []
    if page.more is not None or len(found) > PAGE:
        buttons.append(button(say.plain("button-older"), f"history:{_id(shown[-1])}"))
    return "\n".join(lines), keyboard(buttons) if buttons else None


async def _models(talk: Talk, *, begin: int) -> tuple[str, InlineKeyboardMarkup | None]:
    say, offered = talk.say, [model for model in await talk.desk.models.all() if model.is_active]
    begin = begin if begin < len(offered) else 0  # models were retired since the page before
    shown = offered[begin : begin + MODELS_PAGE]
    if not shown:
        return say("models-none"), None
    choices = [button(model.ref.name, f"={model.ref.name}") for model in shown]  # 64 bytes at most
    turns = [button(say.plain("button-first"), "models:0")] if begin else []
    if len(offered) > begin + MODELS_PAGE:
        turns.append(button(say.plain("button-more"), f"models:{begin + MODELS_PAGE}"))
    lines = [say("models"), *(_model_line(model, say) for model in shown)]
    return "\n".join(lines), keyboard(turns, choices=choices)


async def _show_page(
    query: CallbackQuery, talk: Talk, words: str, buttons: InlineKeyboardMarkup | None
) -> None:
    if query.message is not None:
        with suppress(TelegramBadRequest):  # unchanged, or too old to be changed
            await talk.change(query.message.message_id, words, buttons)


def _id(stored: StoredPrediction | StoredBatch) -> UUID:
    return stored.batch.id if isinstance(stored, StoredBatch) else stored.prediction.id


def _batch_line(stored: StoredBatch, say: Speech) -> str:
    return say(
        "history-line",
        icon=ICONS[stored.progress.status],
        when=say.time(stored.batch.created_at),
        model=str(stored.batch.model),
        what=say("history-batch", rows=stored.batch.rows, done=stored.progress.done),
        refunded=0,
    )


def _history_line(stored: StoredPrediction, say: Speech, texts: ModelTexts) -> str:
    prediction = stored.prediction
    what = summary(stored.output, say, texts) if prediction.rows == 1 else None
    return say(
        "history-line",
        icon=ICONS[prediction.status],
        when=say.time(prediction.created_at),
        model=str(prediction.model),
        what=say("history-rows", rows=prediction.rows) if what is None else what,
        refunded=stored.refunded,
    )


def _model_line(model: Model, say: Speech) -> str:
    texts, language = model.facts.texts, say.language
    names = ", ".join(texts.feature(name, language) for name in model.facts.schema.names())
    line = say(
        "model-text-line" if model.text_price else "model-line",
        name=model.ref.name,
        price=model.row_price,
        text_price=model.text_price,
        features=names[:MOST_FEATURES_CHARACTERS],
    )
    if not (description := texts.described(language)):
        return line
    words = say("model-description", text=shortened(description, MOST_DESCRIPTION_CHARACTERS))
    return "\n".join((line, words))
