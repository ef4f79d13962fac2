"""Ranks the rows of a question within their groups, by the scores of a ranking model."""

from bisect import bisect_left
from collections import defaultdict
from dataclasses import replace
from typing import Any

import msgspec

from augury.application.ports import Json
from augury.application.predictions.ports.predictor import Outcome, Question
from augury.domain.answer import Estimate
from augury.domain.input_schema import GROUP

_rows: msgspec.json.Decoder[list[Any]] = msgspec.json.Decoder(list[Any])
_scores: msgspec.json.Decoder[list[Estimate | None]] = msgspec.json.Decoder(list[Estimate | None])
_encode = msgspec.json.Encoder().encode


def ranked(question: Question, outcome: Outcome) -> Outcome:
    """The outcome with the rank of each row: 1 for the highest score. Rows with the same score share a place.

    Rows without a group form one group. A row that was not predicted has no rank.
    """
    if outcome.output is None:
        return outcome
    if question.single:
        alone: Estimate = msgspec.json.decode(outcome.output)
        return replace(outcome, output=Json(_encode({**alone, "rank": 1})))
    scores = _scores.decode(outcome.output)
    groups: dict[str | None, list[float]] = defaultdict(list)
    names = [_group(row) for row in _rows.decode(question.input)]
    for name, score in zip(names, scores, strict=True):
        if score is not None:
            groups[name].append(-score["value"])
    for each in groups.values():
        each.sort()
    answers = [
        score and {**score, "rank": 1 + bisect_left(groups[name], -score["value"])}
        for name, score in zip(names, scores, strict=True)
    ]
    return replace(outcome, output=Json(_encode(answers)))


def _group(row: object) -> str | None:
    """The name of its group: 7 and "7" are the same."""
    found = row.get(GROUP) if isinstance(row, dict) else None
    return None if found is None else str(found)
