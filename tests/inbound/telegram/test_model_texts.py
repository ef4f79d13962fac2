"""People read the operator's texts about a model, each in their own language."""

import pytest

from augury.domain.feature import Feature, FeatureKind
from augury.domain.model_texts import ModelTexts
from augury.inbound.telegram.results import bars
from augury.inbound.telegram.texts import speech
from tests.hexagon import a_model
from tests.inbound.telegram.conftest import CHAT, Town

TEXTS = ModelTexts(
    description={"en": "How long is <it>?", "ru": "Длинно ли это?"},
    features={"age": {"en": "Age, years", "ru": "Возраст, лет"}},
    labels={"long": {"en": "Rather long", "ru": "Скорее длинно"}, "short": {"en": "Short & good"}},
)
LONG, SHORT = "x" * 20, "x"


@pytest.mark.parametrize(
    ("language", "shown", "asked", "answers"),
    [
        (
            "en",
            "tone — 1 credit per row; text\nHow long is <it>?",
            "Question 1 of 1: text",
            {LONG: "✅ Rather long", SHORT: "✅ Short & good"},
        ),
        (
            "ru",
            "tone — 1 кредит за строку; text\nДлинно ли это?",
            "Вопрос 1 из 1: text",
            {LONG: "✅ Скорее длинно", SHORT: "✅ Short & good"},
        ),
    ],
)
async def test_a_model_is_described_and_its_labels_are_worded_in_the_persons_language(
    town: Town, language: str, shown: str, asked: str, answers: dict[str, str]
) -> None:
    texts = ModelTexts(description=TEXTS.description, labels=TEXTS.labels)
    await town.hexagon.describe_model(ref=town.hexagon.model.ref, texts=texts)
    async with town.bot():
        ada = town.person(language=language)
        ada.says("/models")
        await town.said(shown)
        ada.says("/predict")
        await town.said(asked)
        ada.says("/cancel")
        for text, words in answers.items():
            ada.says(text)
            await town.all_handled()
            await town.hexagon.run_all()
            await town.said(words)
        ada.says("/history")
        history = await town.said("tone@1")
        assert all(words.removeprefix("✅ ") in history.text for words in answers.values())


@pytest.mark.parametrize(("language", "question"), [("en", "Age, years"), ("ru", "Возраст, лет")])
async def test_a_dialogue_asks_for_a_feature_by_its_text(town: Town, language: str, question: str) -> None:
    model = a_model("old", features=[Feature("age", FeatureKind.NUMERIC), Feature("text", FeatureKind.TEXT)])
    await town.hexagon.models.add(model)
    await town.hexagon.describe_model(ref=model.ref, texts=ModelTexts(features=TEXTS.features))
    async with town.bot():
        ada = town.person(language=language)
        ada.says("/start")
        await town.all_handled()
        await town.hexagon.chats.choose(CHAT, "old")
        ada.says("/predict")
        await town.said(question)
        ada.says("7")
        await town.said(": text")


def test_bars_are_named_by_texts_also_where_two_are_the_same() -> None:
    texts = ModelTexts(labels={"a": {"en": "same"}, "b": {"en": "same"}})

    shown = bars({"a": 0.25, "b": 0.75, "<c>": 0.0}, speech("en"), texts)

    assert [line.split()[0] for line in shown.removeprefix("<pre>").splitlines()] == [
        "same",
        "same",
        "&lt;c&gt;",
    ]


@pytest.mark.parametrize(
    ("row_price", "language", "in_list", "in_dialogue"),
    [
        (
            2,
            "en",
            "2 credits per row and 1 credit per kilobyte of text",
            "for this prediction and 1",
        ),
        (0, "en", "old — 1 credit per kilobyte of text", "old, 1 credit per kilobyte of its text"),
        (2, "ru", "2 кредита за строку и 1 кредит за килобайт текста", "стоит 2 кредита и ещё 1 кредит за"),
        (0, "ru", "old — 1 кредит за килобайт текста", "стоит 1 кредит за килобайт текста"),
    ],
)
async def test_the_price_of_text_is_said_in_the_list_and_in_a_dialogue(
    town: Town, row_price: int, language: str, in_list: str, in_dialogue: str
) -> None:
    features = [Feature("age", FeatureKind.NUMERIC), Feature("text", FeatureKind.TEXT)]
    await town.hexagon.models.add(a_model("old", row_price=row_price, text_price=1, features=features))
    async with town.bot():
        ada = town.person(language=language)
        ada.says("/start")
        await town.all_handled()
        await town.hexagon.chats.choose(CHAT, "old")
        ada.says("/models")
        await town.said(in_list)
        ada.says("/predict")
        await town.said(in_dialogue)


async def test_a_page_of_models_with_long_descriptions_fits_into_a_message(town: Town) -> None:
    for index in range(10):
        features = [Feature(f"{'f' * 50}{each}", FeatureKind.TEXT) for each in range(9)]
        model = a_model(f"{'m' * 60}{index}", features=features)
        await town.hexagon.models.add(model)
        await town.hexagon.describe_model(ref=model.ref, texts=ModelTexts(description={"en": "ы" * 500}))
    async with town.bot():
        town.person().says("/models")
        page = await town.said("choose yours")

    assert "ыы…" in page.text
    assert len(page.text) <= 4096
    assert not [each for each in town.telegram.refused if each[0] != "getUpdates"]
