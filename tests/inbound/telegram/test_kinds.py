"""Every kind of answer has its own wording in a chat, in both languages."""

from datetime import UTC, datetime

import msgspec
import pytest

from augury.application.chats.ports.results import Delivery, Reply
from augury.application.ports import Json
from augury.domain.answer import Answer
from augury.domain.feature import Feature, FeatureKind
from augury.domain.identifiers import PredictionId, UserId, uuid7
from augury.domain.model import ModelRef
from augury.domain.model_texts import ModelTexts
from augury.domain.prediction import Prediction, Status
from augury.domain.row_errors import RowDoubt, RowWarning
from augury.inbound.telegram.dialogue import NoAnswer, answer
from augury.inbound.telegram.results import in_words, summary
from augury.inbound.telegram.texts import speech

TEXTS = ModelTexts(labels={"red": {"en": "Rather <red>", "ru": "Скорее красный"}})
LABELS: Answer = {"labels": ["red", "big"], "probabilities": {"red": 0.9, "big": 0.75, "wet": 0.1}}
NONE: Answer = {"labels": [], "probabilities": {"red": 0.1}}
QUANTILES: Answer = {"values": {"0.1": 1.5, "red": 2.5}}
UNCERTAIN: Answer = {"value": 3.25, "standard_deviation": 0.5}
RANKED: Answer = {"value": 3.25, "rank": 1}


def delivery_of(found: Answer) -> Delivery:
    prediction = Prediction(
        id=PredictionId(uuid7()),
        user_id=UserId(uuid7()),
        model=ModelRef("kind", 1),
        rows=1,
        row_price=1,
        status=Status.SUCCEEDED,
        valid_rows=1,
        created_at=datetime.now(UTC),
        single=True,
    )
    return Delivery(
        reply=Reply(chat_id=1, message_id=2, prediction_id=prediction.id),
        language="en",
        gone=False,
        prediction=prediction,
        input=None,
        output=Json(msgspec.json.encode(found)),
        warnings=[RowWarning(0, None, RowDoubt.CROSSED_QUANTILES)] if found is QUANTILES else [],
    )


@pytest.mark.parametrize(
    ("language", "found", "words"),
    [
        ("en", LABELS, ["✅ <b>Rather &lt;red&gt;, big</b>", "they do not add up to 100%"]),
        ("ru", LABELS, ["✅ <b>Скорее красный, big</b>", "в сумме они не дают 100%"]),
        ("en", NONE, ["None of the labels is likely"]),
        ("ru", NONE, ["Ни одна из меток не вероятна"]),
        (
            "en",
            QUANTILES,
            ["0.1: <b>1.5</b>", "Rather &lt;red&gt;: <b>2.5</b>", "⚠ the quantiles are not in the order"],
        ),
        ("ru", QUANTILES, ["0.1: <b>1,5</b>", "Скорее красный: <b>2,5</b>", "⚠ модель оценила квантиль"]),
        ("en", UNCERTAIN, ["✅ <b>3.25</b>, standard deviation 0.5"]),
        ("ru", UNCERTAIN, ["✅ <b>3,25</b>, стандартное отклонение 0,5"]),
        ("en", RANKED, ["✅ Score <b>3.25</b>"]),
        ("ru", RANKED, ["✅ Оценка <b>3,25</b>"]),
    ],
)
def test_an_answer_is_told_in_the_persons_language(language: str, found: Answer, words: list[str]) -> None:
    told = in_words(delivery_of(found), 9, speech(language), TEXTS)

    assert [each for each in words if each not in told] == []


@pytest.mark.parametrize(
    ("language", "unsure_below", "words"),
    [
        ("en", 0.7, "🤔 I am not sure. Most likely: <b>Rather &lt;red&gt;</b>"),
        ("ru", 0.7, "🤔 Не уверен. Вероятнее всего: <b>Скорее красный</b>"),
        ("en", 0.6, "✅ <b>Rather &lt;red&gt;</b>"),
        ("ru", None, "✅ <b>Скорее красный</b>"),
    ],
)
def test_a_label_that_is_not_likely_enough_is_told_as_not_sure(
    language: str, unsure_below: float | None, words: str
) -> None:
    found: Answer = {"label": "red", "probabilities": {"red": 0.6, "big": 0.4}}

    told = in_words(delivery_of(found), 9, speech(language), TEXTS, unsure_below)

    assert told.startswith(words)
    assert "60%" in told


@pytest.mark.parametrize(
    ("found", "words"),
    [(LABELS, "Rather <red>, big"), (QUANTILES, "0.1: 1.5, Rather <red>:…"), (NONE, "")],
)
def test_the_history_has_it_in_short(found: Answer, words: str) -> None:
    assert summary(msgspec.json.encode(found), speech("en"), TEXTS) == words


def test_an_embedding_is_a_list_of_numbers_in_a_message() -> None:
    feature = Feature("picture", FeatureKind.EMBEDDING, length=2)

    assert answer(feature, " [0.5, -1] ") == [0.5, -1]
    for text in ("0.5 1", "cat", "[1, 2", '["1", 2]', "[1, 1e999]"):
        with pytest.raises(NoAnswer):
            answer(feature, text)
    with pytest.raises(NoAnswer, match="wrong-embedding"):
        answer(feature, "[1]")
    assert "list of 2 numbers" in speech("en")("ask-embedding", length=2)
    assert "из 2 чисел" in speech("ru")("ask-embedding", length=2)
    assert "list of 1 number," in speech("en")("ask-embedding", length=1)
