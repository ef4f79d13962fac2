"""The questions of a dialogue: the next feature's value, or which of two numbers is meant."""

from aiogram.types import InlineKeyboardMarkup

from augury.domain.feature import FeatureKind
from augury.domain.model import Model
from augury.domain.numbers import TwoReadings
from augury.inbound.telegram.dialogue import Asking
from augury.inbound.telegram.keyboards import button, keyboard
from augury.inbound.telegram.talk import Talk
from augury.inbound.telegram.texts import Markup, Speech

MOST_CHOICES = 24


async def ask(asking: Asking, model: Model, talk: Talk, *, says_price: bool = False) -> None:
    say, features, step = talk.say, model.facts.schema.features, len(asking.values)
    feature = features[step]
    name = model.facts.texts.feature(feature.name, say.language)
    wanted = say(f"ask-{feature.kind}", length=feature.length or 0)
    lines = [say("ask", step=step + 1, steps=len(features), feature=name), wanted]
    if step == 0 or says_price:
        lines.insert(0, price_of_one(model, say))
    await talk.send("\n".join(lines), _choices(asking, model, say))


def price_of_one(model: Model, say: Speech) -> Markup:
    """What one row costs."""
    words = "ask-text-price" if model.text_price else "ask-price"
    return say(words, model=model.ref.name, price=model.row_price, text_price=model.text_price)


async def ask_which(asking: Asking, text: str, readings: TwoReadings, talk: Talk) -> None:
    """Ask which of two numbers is meant: `12,500` can be 12.5 or 12500."""
    say, where = talk.say, f"{asking.began}:{len(asking.values)}"
    both = [str(each) for each in (readings.one, readings.other)]
    buttons = [button(each, f"a:{where}:={each}") for each in both]
    stop = button(say.plain("button-cancel"), f"stop:{where}")
    words = say("which-number", value=text, one=both[0], other=both[1])
    await talk.send(words, keyboard([stop], choices=buttons))


def _choices(asking: Asking, model: Model, say: Speech) -> InlineKeyboardMarkup:
    step = len(asking.values)
    feature = model.facts.schema.features[step]
    where = f"{asking.began}:{step}"
    choices = [
        button(value, f"a:{where}:{index}") for index, value in enumerate(feature.values[:MOST_CHOICES])
    ]
    if feature.kind in {FeatureKind.NUMERIC, FeatureKind.DATE} and feature.nullable:
        choices = [button(say.plain("button-missing"), f"a:{where}:none")]
    way_out = [button(say.plain("button-cancel"), f"stop:{where}")]
    if step:
        way_out.insert(0, button(say.plain("button-back"), f"back:{where}"))
    return keyboard(way_out, choices=choices)
