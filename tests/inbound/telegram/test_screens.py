"""The documented screens are what the bot really sends: its main dialogues, run over memory and drawn.

If a screen was changed on purpose, `pytest tests/inbound/telegram --redraw -k screens` rewrites the pages.
"""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typing_extensions import override

from augury.application.ports import Json
from augury.application.predictions.ports.predictor import Outcome, Predictor, Question, Turn
from augury.domain.explanation import Contribution, Effect, Explanation, Scale
from augury.domain.feature import Feature, FeatureKind
from augury.domain.lane import Lane
from augury.domain.model import Model
from augury.outbound.memory.predictor import BREAKING
from tests.hexagon import a_model, over
from tests.inbound.telegram.chat_picture import ChatPicture
from tests.inbound.telegram.conftest import CHAT, Town
from tests.inbound.telegram.test_linking import link_of
from tests.polling import eventually
from tests.telegram.server import Sent

ROOT = Path(__file__).parents[3]
WIDTH = 44
ANSWERS: Mapping[str, Mapping[str, float]] = {
    # the starter model's answers to these two texts
    "Great, works perfectly": {"positive": 0.8746, "negative": 0.1087, "neutral": 0.0167},
    "Очень доволен, спасибо!": {"positive": 0.8752, "negative": 0.1163, "neutral": 0.0085},
}
CHURN = (
    Feature("age", FeatureKind.NUMERIC),
    Feature("plan", FeatureKind.CATEGORICAL, ("basic", "pro")),
    Feature("complaint", FeatureKind.TEXT),
)
WHY = Explanation(
    of="leaves",
    scale=Scale.LOG_ODDS,
    base=-1.1,
    total=0.9,
    contributions=[
        Contribution(feature="complaint", contribution=1.6, effect=Effect.RAISES, words=[]),
        Contribution(feature="age", value=41.0, contribution=0.7, effect=Effect.RAISES),
        Contribution(feature="plan", value="pro", contribution=-0.3, effect=Effect.LOWERS),
    ],
)
REVIEWS = "\n".join(["text", *["fine"] * 2_400, BREAKING, *["fine"] * 99]).encode()
FILE = b"age,plan,complaint\n41,pro,slow\n29,basic,none\nold,pro,slow\n,basic,too dear\n55,pro,none\n"


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a person sends and presses, and the pages that show it."""

    page: str
    picture: str
    text: str
    complaint: str
    number_is_wrong: str
    back: str
    becomes: str
    why: str
    progress: tuple[str, str]


SAID = {
    "en": Said(
        page="docs/telegram.md",
        picture="docs/images/bot.svg",
        text="Great, works perfectly",
        complaint="Too slow lately",
        number_is_wrong="is not a number",
        back="Back",
        becomes="and then, in its place:",
        why="Why?",
        progress=("in the queue", "2,000 of"),
    ),
    "ru": Said(
        page="docs/telegram.ru.md",
        picture="docs/images/bot.ru.svg",
        text="Очень доволен, спасибо!",
        complaint="В последнее время медленно",
        number_is_wrong="не число",
        back="Назад",
        becomes="а потом на том же месте:",
        why="Почему?",
        progress=("в очереди", "готово строк"),
    ),
}


class ToldBeforehand(Predictor):
    """Answers with given probabilities, like a CatBoost classifier."""

    @override
    async def predict(
        self, model: Model, questions: Sequence[Question], turn: Turn = nullcontext, lane: Lane = Lane.SMALL
    ) -> Sequence[Outcome]:
        return [self._outcome(model, question) for question in questions]

    def _outcome(self, model: Model, question: Question) -> Outcome:
        data = msgspec.json.decode(question.input)
        rows = [data] if question.single else data
        errors = model.facts.schema.check_all(rows)
        wrong = {each.row for each in errors}
        answers = [None if index in wrong else _answer(row, question) for index, row in enumerate(rows)]
        output = Json(msgspec.json.encode(answers[0] if question.single else answers))
        return Outcome(len(rows) - len(wrong), output, errors)


def _answer(row: Mapping[str, Any], question: Question) -> dict[str, object]:
    found = ANSWERS.get(str(row.get("text")), {"leaves": 0.71, "stays": 0.29})
    answer: dict[str, object] = {"label": max(found, key=lambda name: found[name]), "probabilities": found}
    return answer if question.explain is None else answer | {"explanations": [WHY]}


class Drawing:
    def __init__(self, becomes: str) -> None:
        self._becomes = becomes
        self.lines: list[str] = []
        self.picture = ChatPicture()
        self.pictured = True
        """Whether the following messages also go into the picture."""

    def person(self, words: str) -> None:
        self.lines.append(f"{words:>{WIDTH}} │")
        if self.pictured:
            self.picture.person(words)

    def bot(self, sent: Sent, *, replied: str = "", buttons: bool = True, most: int = 100) -> None:
        """Draw a message in its current state, cut off after `most` lines."""
        lines = [*([f"↩ {replied}"] if replied else []), *sent.text.split("\n")]
        if buttons:
            lines += [" ".join(f"[ {each['text']} ]" for each in row) for row in sent.buttons]
            lines += [" ".join(f"[ {each} ]" for each in row) for row in sent.keyboard]
        self.lines += [f"│ {line}".rstrip() for line in lines[:most]]
        if len(lines) > most:
            self.lines.append("│ …")
        if self.pictured:
            keys = [[str(each["text"]) for each in row] for row in sent.buttons] if buttons else []
            self.picture.bot(sent.text, keys or [list(row) for row in sent.keyboard], replied=replied)

    def becomes(self) -> None:
        self.lines.append(f"┆ {self._becomes}")

    def space(self) -> None:
        self.lines.append("")


async def screens(town: Town, language: str) -> Drawing:
    """One chat: the start, a text, a model with several features, a payment, a file, a link, a long file."""
    said = SAID[language]
    drawing, predictor = Drawing(said.becomes), ToldBeforehand()
    run = over(town.hexagon.run_predictions, predictor=predictor)
    run_next = over(town.hexagon.run_next, predictor=predictor)
    ada = town.person(language=language)

    async def answered() -> Sent:
        """The bot's newest message, once no more will follow."""
        await town.all_handled()
        return town.telegram.to(CHAT)[-1]

    async def finished() -> None:
        while task := town.hexagon.queue.take():
            await run(task.prediction_ids)
        while town.hexagon.queue.take_ticket():
            await run_next()
        await eventually(lambda: not town.hexagon.memory.state.notices, "every answer")

    ada.says("/start")
    drawing.person("/start")
    drawing.bot(await answered())
    drawing.space()

    ada.says(said.text)
    drawing.person(said.text)
    placeholder = await answered()
    drawing.pictured = False
    drawing.bot(placeholder, replied=said.text)
    await finished()
    drawing.becomes()
    drawing.pictured = True
    drawing.bot(placeholder, replied=said.text)
    drawing.space()

    drawing.pictured = False
    await town.hexagon.chats.choose(CHAT, "churn")
    ada.says("/predict")
    drawing.person("/predict")
    drawing.bot(await answered())
    ada.says("old")
    drawing.person("old")
    await answered()
    drawing.bot(await town.said(said.number_is_wrong), most=1)
    drawing.lines.append("│ …")
    ada.says("33.5")
    drawing.person("33.5")
    question = await answered()
    drawing.bot(question)
    ada.presses(question, said.back)
    drawing.person(f"[ {question.button(said.back)['text']} ]")
    drawing.bot(await answered(), most=2)
    ada.says("41")
    drawing.person("41")
    question = await answered()
    drawing.bot(question, most=1)
    ada.presses(question, "pro")
    drawing.person("[ pro ]")
    drawing.bot(await answered())
    ada.says(said.complaint)
    drawing.person(said.complaint)
    placeholder = await answered()
    await finished()
    drawing.bot(placeholder, replied="/predict")
    why = placeholder.button(said.why)["text"]
    ada.presses(placeholder, said.why)
    drawing.person(f"[ {why} ]")
    picture = await answered()
    await finished()
    drawing.lines.append("│ 🖼")
    drawing.bot(picture)
    assert picture.document is not None
    drawing.space()

    ada.says("/topup")
    drawing.person("/topup")
    offer = await answered()
    drawing.bot(offer)
    ada.presses(offer, "⭐ 50")
    drawing.person(f"[ {offer.button('⭐ 50')['text']} ]")
    invoice = (await answered()).invoice
    assert invoice is not None
    drawing.lines.append(
        f"│ {invoice['title']}. {invoice['description']}  ⭐ {invoice['prices'][0]['amount']}"
    )
    charge = ada.has_paid(invoice)
    drawing.person("⭐ 50")
    paid = await answered()
    drawing.bot(replace(paid, text=paid.text.replace(charge, "stx…")))
    drawing.space()

    ada.sends_file("people.csv", FILE)
    drawing.pictured = True
    drawing.person("📎 people.csv")
    question = await answered()
    drawing.bot(question, replied="people.csv")
    yes = yes_of(question)
    ada.presses(question, yes)
    drawing.pictured = False
    drawing.person(f"[ {yes} ]")
    await answered()
    drawing.bot(question, buttons=False)
    await finished()
    drawing.becomes()
    drawing.pictured = True
    drawing.bot(question)
    result = town.telegram.to(CHAT)[-1]
    assert result.document is not None
    drawing.lines.append(f"│ 📎 {result.document[0]}")
    drawing.space()

    drawing.pictured = False
    account = await town.hexagon.user(100, email="ada@example.org")
    ada.says(f"/start {await link_of(town, account)}")
    drawing.person("/start 3J2…")
    question = await answered()
    drawing.bot(question)
    yes = yes_of(question)
    ada.presses(question, yes)
    drawing.person(f"[ {yes} ]")
    drawing.bot(await answered(), buttons=False)
    drawing.space()

    await town.hexagon.top_up(user_id=account.id, amount=2_811)
    await town.hexagon.chats.choose(CHAT, "tone")
    ada.sends_file("reviews.csv", REVIEWS)
    drawing.person("📎 reviews.csv")
    question = await answered()
    drawing.bot(question, replied="reviews.csv")
    ada.presses(question, yes_of(question))
    drawing.person(f"[ {yes_of(question)} ]")
    for words in said.progress:
        await town.said(words, after=question.message_id - 1)
        drawing.bot(question)
        drawing.becomes()
        town.hexagon.queue.take_ticket()
        await town.hexagon.run_next()
    await eventually(lambda: not question.buttons, "the results")
    drawing.bot(question)
    drawing.lines += [
        f"│ 📎 {each.document[0]}" for each in town.telegram.to(CHAT)[-2:] if each.document is not None
    ]
    return drawing


def yes_of(question: Sent) -> str:
    return str(question.buttons[0][0]["text"])


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("language", SAID)
async def test_the_documented_screens_are_what_the_bot_sends(
    town: Town, language: str, pytestconfig: pytest.Config
) -> None:
    model = a_model("churn", row_price=3, features=CHURN)
    model = replace(model, explain_price=2, facts=replace(model.facts, explain_work=1_000))
    town.hexagon.memory.state.models[model.ref] = model
    async with town.bot():
        drawn = await screens(town, language)
    screen, said = "\n".join(drawn.lines), SAID[language]
    page, picture = ROOT / said.page, ROOT / said.picture
    if pytestconfig.getoption("--redraw", False):
        picture.write_text(drawn.picture.svg(), encoding="utf-8")
        before, _, rest = page.read_text(encoding="utf-8").partition("```\n" + " " * 20)
        after = rest.partition("\n```")[2]
        page.write_text(f"{before}```\n{screen}\n```{after}", encoding="utf-8")
    assert f"```\n{screen}\n```" in page.read_text(encoding="utf-8"), screen
    assert picture.read_text(encoding="utf-8") == drawn.picture.svg()
