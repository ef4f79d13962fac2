"""Explains the answers to a question. If the contributions of a row do not add up to its prediction, the row
gets an error."""

import logging
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import msgspec
import numpy as np

from augury.application.ports import Json
from augury.application.predictions.ports.predictor import Outcome, Question
from augury.domain.answer_form import ModelTask
from augury.domain.answer_meaning import ProbabilitiesAre, ReadAs
from augury.domain.explanation import SECONDS_PER_LEAF, Contribution, Effect, Explanation, Scale, WordEffect
from augury.domain.feature import Feature, FeatureKind
from augury.domain.model_facts import ModelFacts
from augury.domain.pricing import bytes_of_text
from augury.domain.row_errors import RowError, RowFault
from augury.domain.rows import check_rows
from augury.outbound.catboost.library import CatBoostError
from augury.outbound.catboost.loaded import LoadedModel, Table
from augury.outbound.catboost.shares import Explainer, Floats, Shares

log = logging.getLogger(__name__)
ROWS_AT_ONCE = 64
MOST_WORDS = 200
"""Only the first so many distinct words of a text are explained, since each takes another prediction."""
WORDS_LISTED = 8
MOST_VALUE_CHARACTERS = 100
_LEAST_WORD_EFFECT = 1e-9

Row: TypeAlias = Mapping[str, Any]
_Effects: TypeAlias = Mapping[int, Sequence[tuple[str, Floats]]]
"""By the index of a text feature: each word, and how much it raises the raw value of each dimension."""
_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder()
_encode = msgspec.json.Encoder().encode


def explaining(
    model: LoadedModel, explainer: Explainer, question: Question, outcome: Outcome, most_seconds: float
) -> Generator[None, None, Outcome]:
    """Returns the outcome with `explanations` in each answer. Yields between groups of rows. A group should
    take at most `most_seconds`.

    If CatBoost cannot explain a row, or its contributions do not add up to its prediction, the row gets an
    error. So nobody gets a wrong explanation or pays for it.
    """
    if outcome.output is None or question.explain is None:
        return outcome
    data, output = _decoder.decode(question.input), _decoder.decode(outcome.output)
    rows, answers = (data, output) if isinstance(output, list) else ([data], [output])
    told = [place for place, answer in enumerate(answers) if answer is not None]
    lost = []
    leaves = most_seconds / SECONDS_PER_LEAF
    at_once = min(ROWS_AT_ONCE, max(1, int(leaves / (model.facts.explain_work or 1))))
    for begin in range(0, len(told), at_once):
        if begin:
            yield
        part = told[begin : begin + at_once]
        asked = [(rows[at], answers[at]) for at in part]
        for at, each in zip(part, _found(model, explainer, asked, question.explain), strict=True):
            if each is None:
                answers[at] = None
                lost.append(at)
            else:
                answers[at]["explanations"] = each
    if lost:
        outcome = _without(outcome, model.facts, rows, lost)
    if not outcome.valid_rows:
        return replace(outcome, output=None)
    return replace(outcome, output=Json(_encode(answers if isinstance(output, list) else answers[0])))


def _without(outcome: Outcome, facts: ModelFacts, rows: Sequence[Row], lost: Sequence[int]) -> Outcome:
    errors = [*outcome.errors, *(RowError(row, None, RowFault.NOT_EXPLAINED) for row in lost)]
    text = bytes_of_text(facts.schema, [rows[row] for row in lost])
    return replace(
        outcome,
        valid_rows=outcome.valid_rows - len(lost),
        errors=sorted(errors, key=lambda each: each.row),
        unpredicted_text_bytes=outcome.unpredicted_text_bytes + text,
    )


def _found(
    model: LoadedModel, explainer: Explainer, asked: Sequence[tuple[Row, Row]], top: int
) -> list[list[Explanation] | None]:
    """One list for each row and its answer. None if CatBoost raises or the contributions do not add up."""
    try:
        return list(_explanations(model, explainer, asked, top))
    except CatBoostError as error:
        if len(asked) > 1:  # the other rows are still explained
            return [found for each in asked for found in _found(model, explainer, [each], top)]
        log.warning("a row cannot be explained: %s", error)
        return [None]


def _explanations(
    model: LoadedModel, explainer: Explainer, asked: Sequence[tuple[Row, Row]], top: int
) -> Iterator[list[Explanation] | None]:
    """One list for each row and its answer. None if the contributions do not add up."""
    facts = model.facts
    table, _ = model.read(check_rows(facts.schema, [row for row, _ in asked]))
    shares = explainer.shares(table)
    texts = [at for at, feature in enumerate(facts.schema.features) if feature.kind is FeatureKind.TEXT]
    for place, (is_good, (row, answer)) in enumerate(zip(shares.add_up().tolist(), asked, strict=True)):
        if not is_good:
            yield None
            continue
        words = {at: _effects_of_words(explainer, table[place : place + 1], at) for at in texts}
        parts = _parts(facts, answer, shares, place, words)
        yield [part.explained(facts, row, top) for part in parts]


def _effects_of_words(explainer: Explainer, row: Table, place: int) -> list[tuple[str, Floats]]:
    """How much each word of a text raises the raw values, compared with the text without it. `row` is a table
    of one row."""
    words = str(row[0, place]).split()
    shown = list(dict.fromkeys(words))[:MOST_WORDS]
    if not shown:
        return []
    variants = np.repeat(row, len(shown) + 1, axis=0)
    for at, left_out in enumerate(shown, 1):
        variants[at, place] = " ".join(word for word in words if word != left_out)
    raw = explainer.raw(variants)
    return [(word, raw[0] - raw[at]) for at, word in enumerate(shown, 1)]


def _parts(facts: ModelFacts, answer: Row, shares: Shares, row: int, words: _Effects) -> Iterator["_Part"]:
    """The explained parts of the answer to one row."""
    for name, dimension, sign in _dimensions(facts, answer, shares.raw.shape[1]):
        yield _Part(
            name,
            sign * float(shares.base[row, dimension]),
            sign * float(shares.raw[row, dimension]),
            sign * shares.contributions[row, dimension],
            {
                at: [(word, sign * float(each[dimension])) for word, each in found]
                for at, found in words.items()
            },
        )


def _dimensions(facts: ModelFacts, answer: Row, width: int) -> Iterator[tuple[str | None, int, int]]:
    """The name and dimension of each explained part of the answer, and a sign: -1 if a higher raw value
    speaks against the answer, else 1."""
    match facts.task:
        case ModelTask.CLASSIFICATION if width == 1:
            yield answer["label"], 0, 1 if answer["label"] == facts.classes[1] else -1
        case ModelTask.CLASSIFICATION:
            yield answer["label"], facts.classes.index(answer["label"]), 1
        case ModelTask.MULTILABEL | ModelTask.MULTI_REGRESSION:
            for dimension, name in enumerate(facts.form.names):
                yield name, dimension, 1
        case _:
            yield None, 0, 1


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of an answer, such as one of several values, and its contributions."""

    name: str | None
    base: float
    total: float
    contributions: Floats
    words: Mapping[int, Sequence[tuple[str, float]]]

    def explained(self, facts: ModelFacts, row: Row, top: int) -> Explanation:
        order = np.argsort(-np.abs(self.contributions), kind="stable").tolist()
        features, listed, others = facts.schema.features, order[:top], order[top:]
        explanation = Explanation(
            scale=_scale(facts),
            base=self.base,
            total=self.total,
            contributions=[self._contribution(features[place], place, row) for place in listed],
        )
        if self.name is not None:
            explanation["of"] = self.name
        if others:
            explanation["others"] = float(self.contributions[others].sum())
        return explanation

    def _contribution(self, feature: Feature, place: int, row: Row) -> Contribution:
        moved = float(self.contributions[place])
        found = Contribution(feature=feature.name, contribution=moved, effect=Effect.of(moved))
        if feature.kind not in (FeatureKind.TEXT, FeatureKind.EMBEDDING):
            value = row[feature.name]
            found["value"] = value[:MOST_VALUE_CHARACTERS] if isinstance(value, str) else value
        if words := self.words.get(place):
            found["words"] = [
                WordEffect(word=word[:MOST_VALUE_CHARACTERS], contribution=each, effect=Effect.of(each))
                for word, each in sorted(words, key=lambda each: -abs(each[1]))[:WORDS_LISTED]
                if abs(each) > _LEAST_WORD_EFFECT
            ]
        return found


def _scale(facts: ModelFacts) -> Scale:
    if facts.classes:
        is_share = len(facts.classes) > 2 and facts.probabilities_are is not ProbabilitiesAre.INDEPENDENT
        return Scale.LOG_WEIGHT if is_share else Scale.LOG_ODDS
    return Scale.LOG_VALUE if facts.read_as is ReadAs.EXPONENT else Scale.VALUE
