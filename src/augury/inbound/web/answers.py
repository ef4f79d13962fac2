"""A model's answer as people read it."""

from collections.abc import Sequence
from dataclasses import dataclass

from augury.application.predictions.ports.reads import StoredPrediction
from augury.domain.answer import Answer, answers_in
from augury.domain.explanation import explanations_in
from augury.domain.model import Model
from augury.domain.prediction import Status
from augury.domain.row_errors import RowError, RowWarning
from augury.inbound.web.row_form import doubt, reason
from augury.inbound.web.texts import Texts

MOST_BARS = 12
MOST_ROWS = 50
"""Rows of a prediction that its page shows. The file has all of them."""
MOST_LISTED = 20


@dataclass(frozen=True, slots=True)
class Bar:
    name: str
    share: str
    """In percent, in the language's format."""
    width: int
    """Of 100."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One answer."""

    title: str
    """The label, the labels, or the value."""
    beside: str = ""
    """The meaning of the value, or the confidence in the label."""
    bars: Sequence[Bar] = ()
    values: Sequence[tuple[str, str]] = ()
    explained: Sequence[str | None] = ()
    """The outputs that are explained; None for the answer as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Everything that a page shows about a prediction's answers."""

    rows: Sequence[Shown | None]
    count: int
    errors: Sequence[tuple[int, str]]
    """The row's number from 1, and the sentence."""
    warnings: Sequence[tuple[int | None, str]]
    is_forgotten: bool


def result_of(stored: StoredPrediction, model: Model, words: Texts) -> Result:
    answers = answers_in(stored.output)
    return Result(
        rows=[_shown(each, model, words) if each else None for each in answers[:MOST_ROWS]],
        count=stored.prediction.rows,
        errors=[(each.row + 1, _error(each, model, words)) for each in stored.errors[:MOST_LISTED]],
        warnings=[
            (None if each.row is None else each.row + 1, _warning(each, model, words))
            for each in stored.warnings[:MOST_LISTED]
        ],
        is_forgotten=stored.prediction.status is Status.SUCCEEDED and not answers and not stored.large_output,
    )


def short(stored: StoredPrediction, model: Model, words: Texts) -> str:
    """The answer in a few characters, for a list. Empty if there is not exactly one answer."""
    answers = answers_in(stored.output)
    if len(answers) != 1 or answers[0] is None:
        return ""
    answer, names = answers[0], model.facts.texts
    if "label" in answer:
        return names.label(answer["label"], words.language)
    if "labels" in answer:
        return ", ".join(names.label(each, words.language) for each in answer["labels"])
    if "value" in answer:
        return words.figure(answer["value"])
    return ", ".join(words.figure(value) for value in list(answer["values"].values())[:3])


def _shown(answer: Answer, model: Model, words: Texts) -> Shown:
    names, language = model.facts.texts, words.language
    explained = tuple(each.get("of") for each in explanations_in(answer))
    if "label" in answer:
        shares = answer.get("probabilities", {})
        unsure = shares.get(answer["label"], 1.0) < (model.facts.unsure_below or 0.0)
        return Shown(
            title=names.label(answer["label"], language),
            beside=words("answer-unsure") if unsure else "",
            bars=_bars(shares, model, words),
            explained=explained,
        )
    if "labels" in answer:
        listed = [names.label(each, language) for each in answer["labels"]]
        return Shown(
            title=", ".join(listed) or words("answer-no-label"),
            beside=words("answer-independent"),
            bars=_bars(answer["probabilities"], model, words),
            explained=explained,
        )
    if "values" in answer:
        values = [(names.label(name, language), words.figure(v)) for name, v in answer["values"].items()]
        return Shown(title="", values=values, explained=explained)
    beside = words(f"value-{(model.facts.value_is or 'unknown').replace('_', '-')}", alpha=_alpha(model))
    if "standard_deviation" in answer:
        beside = words("answer-deviation", deviation=words.figure(answer["standard_deviation"]))
    if "rank" in answer:
        beside = words("answer-rank", rank=answer["rank"])
    return Shown(title=words.figure(answer["value"]), beside=beside, explained=explained)


def _bars(shares: dict[str, float], model: Model, words: Texts) -> Sequence[Bar]:
    """The most probable classes first."""
    best = sorted(shares.items(), key=lambda each: -each[1])[:MOST_BARS]
    return [
        Bar(
            model.facts.texts.label(name, words.language),
            words("percent", share=round(share * 100, 1)),
            max(1, round(share * 100)),
        )
        for name, share in best
    ]


def _alpha(model: Model) -> str:
    return f"{model.facts.alpha:g}" if model.facts.alpha is not None else ""


def _error(error: RowError, model: Model, words: Texts) -> str:
    return _about(error.field, reason(words, error.fault), model, words)


def _warning(warning: RowWarning, model: Model, words: Texts) -> str:
    said = doubt(words, warning.doubt, count=warning.count)
    return _about(warning.field, said, model, words)


def _about(field: str | None, sentence: str, model: Model, words: Texts) -> str:
    if field is None:
        return sentence
    return words("about-field", field=model.facts.texts.feature(field, words.language), sentence=sentence)
