"""The picture of an explanation: it shows every part, in both languages, and runs nothing."""

from xml.etree import ElementTree

import pytest

from augury.domain.explanation import Effect, Explanation, Scale
from augury.domain.model_texts import ModelTexts
from augury.inbound.pictures.waterfall import MOST_BARS, waterfall

EVIL = '</text><script>alert("1")</script>&\x01\ud800'
TEXTS = ModelTexts(
    features={"age": {"en": "Age <years>", "ru": "Возраст"}}, labels={"1": {"en": "Leaves", "ru": "Уйдёт"}}
)


def an_explanation(scale: Scale = Scale.LOG_ODDS) -> Explanation:
    return {
        "of": "1",
        "scale": scale,
        "base": -1.0,
        "total": 1.5,
        "contributions": [
            {"feature": "age", "value": None, "contribution": 2.0, "effect": Effect.RAISES},
            {"feature": EVIL, "value": EVIL, "contribution": -0.75, "effect": Effect.LOWERS},
            {
                "feature": "text",
                "contribution": 1.0,
                "effect": Effect.RAISES,
                "words": [
                    {"word": "<b>", "contribution": 1.0, "effect": Effect.RAISES},
                    {"word": "slow,", "contribution": 0.5, "effect": Effect.RAISES},
                    {"word": "!!", "contribution": 0.2, "effect": Effect.RAISES},
                ],
            },
        ],
        "others": 0.25,
    }


def texts_of(picture: bytes) -> list[str]:
    """The texts of the picture, which is well-formed and has only shapes and texts."""
    root = ElementTree.fromstring(picture)  # our own
    names = {each.tag.rpartition("}")[2] for each in root.iter()}
    assert names == {"svg", "title", "rect", "text", "line"}
    assert not [
        name for each in root.iter() for name in each.attrib if name.startswith("on") or "href" in name
    ]
    return [each.text or "" for each in root.iter() if each.tag.endswith("}text")]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "en",
            [
                "Why Leaves?",
                "27% on average, 82% here",
                "On average",
                "Age <years> = missing",
                "This answer",
            ],
        ),
        (
            "ru",
            ["Почему Уйдёт?", "в среднем 27%, здесь 82%", "Возраст = нет значения", "Остальные признаки"],
        ),
    ],
)
def test_a_picture_tells_each_part_in_the_language(language: str, expected: list[str]) -> None:
    shown = " | ".join(texts_of(waterfall(an_explanation(), TEXTS, language)))

    assert [each for each in expected if each not in shown] == []
    assert "text: <b>" in shown
    assert "+2" in shown
    assert "\N{MINUS SIGN}0.75" in shown or "\N{MINUS SIGN}0,75" in shown


@pytest.mark.parametrize("scale", Scale)
def test_every_scale_has_a_picture(scale: Scale) -> None:
    explanation = an_explanation(scale)
    del explanation["of"]

    assert "Why this answer?" in texts_of(waterfall(explanation, ModelTexts(), "en"))


def test_what_does_not_fit_is_added_up() -> None:
    explanation = an_explanation()
    explanation["contributions"] *= 30

    assert len(texts_of(waterfall(explanation, TEXTS, "en"))) == 2 + 2 * (MOST_BARS + 3)


def test_values_of_any_size_are_drawn() -> None:
    explanation = an_explanation(Scale.LOG_VALUE)
    explanation["base"], explanation["total"] = -1e308, 1e308

    assert texts_of(waterfall(explanation, TEXTS, "en"))


def test_words_are_shown_without_the_marks_around_them() -> None:
    assert "text: <b>, slow, !!" in texts_of(waterfall(an_explanation(), TEXTS, "en"))
