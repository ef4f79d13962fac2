"""Predictions by CatBoost: every row of every question in one call, on a thread of its own."""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt
from catboost import CatBoost
from typing_extensions import override

from augury.application.models.ports import ModelStore, ModelUnavailable
from augury.application.ports import Json
from augury.application.predictions.ports import Outcome, Predictor, Question
from augury.domain.model import FeatureKind, Model, ModelFacts, ModelRef, ModelRefused, Task
from augury.domain.row_errors import RowError, RowFault
from augury.domain.rows import CheckedRows, check_rows
from augury.domain.scoring import score_isolating
from augury.domain.values import category
from augury.outbound.catboost.file import PredictionType, facts_of, open_model, prediction_type

_DECIMALS = 6  # of a probability: far finer than any model knows, a third of the digits of a double
_TOO_CLOSE = 1e-9  # of probabilities, which are exact to 1e-12: their order may not be that of the raw values

Values = tuple[Any, ...]
Answer = dict[str, Any]
"""What a row's prediction looks like as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatBoostSettings:
    loaded_models: int = 8
    """Models that a worker keeps in memory. The one used longest ago makes room."""
    threads: int = 1
    """Threads of one call of a model. More do not help: a batch is small, and processes share the machine."""

    def __post_init__(self) -> None:
        if self.loaded_models < 1 or self.threads < 1:
            raise ValueError("loaded_models and threads must be 1 at least")


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model in memory: what to ask of it and how to read its answers."""

    catboost: CatBoost
    facts: ModelFacts
    asked: PredictionType
    threads: int

    def answers(self, rows: Sequence[Values]) -> list[Answer | None]:
        """One answer a row, None where it is no finite number; one call of the model."""
        numeric = all(feature.kind is FeatureKind.NUMERIC for feature in self.facts.schema.features)
        # None becomes NaN, which is CatBoost's missing number; a list of lists would cost a third more.
        data = np.array(rows, dtype=np.float32 if numeric else object)
        self._spell(data)
        predicted = self._predicted(data, self.asked)
        finite = np.isfinite(predicted)
        if self.facts.task is Task.REGRESSION:
            return [
                {"value": value} if good else None
                for value, good in zip(predicted.tolist(), finite.tolist(), strict=True)
            ]
        return self._classified(predicted, self._decided(data, predicted), finite.all(axis=1).tolist())

    def _spell(self, data: npt.NDArray[Any]) -> None:
        """Write the categories as the model was trained on them."""
        for column, feature in enumerate(self.facts.schema.features):
            if feature.kind is FeatureKind.CATEGORICAL:
                knows = frozenset(feature.values).__contains__
                data[:, column] = [category(value, knows) for value in data[:, column].tolist()]

    def _classified(
        self,
        probabilities: npt.NDArray[np.float64],
        decided: npt.NDArray[np.intp],
        finite: Sequence[bool],
    ) -> list[Answer | None]:
        classes = self.facts.classes
        return [
            {"label": classes[best], "probabilities": dict(zip(classes, row, strict=True))} if good else None
            for best, row, good in zip(
                decided.tolist(),
                probabilities.round(_DECIMALS).tolist(),
                finite,
                strict=True,
            )
        ]

    def _decided(
        self, data: npt.NDArray[Any], probabilities: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.intp]:
        """The index of each row's class, exactly as CatBoost decides.

        CatBoost compares raw values, which may differ where the probabilities are the same. So it is asked
        itself about the rows that are too close to call.
        """
        if (threshold := self.facts.threshold) is not None:
            margin = probabilities[:, 1] - threshold
            decided = (margin > 0).astype(np.intp)
        else:
            decided = probabilities.argmax(axis=1)
            best_two = np.partition(probabilities, -2, axis=1)
            margin = best_two[:, -1] - best_two[:, -2]
        close = np.abs(margin) < _TOO_CLOSE
        if close.any():
            labels = self._predicted(data[close], "Class").ravel().tolist()
            decided[close] = [self.facts.classes.index(str(label)) for label in labels]
        return decided

    def _predicted(
        self, data: npt.NDArray[Any], asked: PredictionType | Literal["Class"]
    ) -> npt.NDArray[Any]:
        answer: npt.NDArray[Any] = self.catboost.predict(
            data, prediction_type=asked, thread_count=self.threads
        )
        return answer


Kept: TypeAlias = tuple[ModelFacts, LoadedModel]
"""A model in memory, and what was registered of it when it was loaded."""


class CatBoostPredictor(Predictor):
    """Serves any model of the store; models and their calls live on one thread, which `close` ends."""

    def __init__(self, store: ModelStore, settings: CatBoostSettings | None = None) -> None:
        self._store = store
        self._settings = settings or CatBoostSettings()
        self._loaded: dict[tuple[str, ModelRef], Kept] = {}  # the one used longest ago first
        self._loading = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="catboost")

    @override
    async def predict(self, model: Model, questions: Sequence[Question]) -> Sequence[Outcome]:
        loaded = self._recall(model) or await self._load(model)
        return await asyncio.get_running_loop().run_in_executor(self._thread, answer, loaded, questions)

    def close(self) -> None:
        """Let go of the thread; a call under way is not waited for."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _load(self, model: Model) -> LoadedModel:
        async with self._loading:  # so that two batches do not load the same model twice
            if loaded := self._recall(model):
                return loaded
            path = await self._store.path(model.sha256)
            loop = asyncio.get_running_loop()
            loaded = await loop.run_in_executor(self._thread, load_model, path, model, self._settings.threads)
            self._loaded[model.sha256, model.ref] = model.facts, loaded
            while len(self._loaded) > self._settings.loaded_models:
                del self._loaded[next(iter(self._loaded))]
            return loaded

    def _recall(self, model: Model) -> LoadedModel | None:
        """None also where the operator has told something else of the version since it was loaded."""
        key = model.sha256, model.ref
        kept = self._loaded.pop(key, None)
        if kept is None or kept[0] != model.facts:
            return None
        self._loaded[key] = kept
        return kept[1]


def load_model(path: Path, model: Model, threads: int = 1) -> LoadedModel:
    """Raises `ModelUnavailable` where the file is broken, or is not what was registered."""
    try:
        catboost = open_model(path)
        found = facts_of(catboost)
    except ModelRefused as refusal:
        raise ModelUnavailable(f"{model.ref}: {refusal.reason}") from refusal
    if _interface(found) != _interface(model.facts):
        raise ModelUnavailable(f"{model.ref}: the file wants or answers something else than was registered")
    facts = _completed(model.facts, found)
    return LoadedModel(catboost, facts, prediction_type(facts), threads)


def _completed(registered: ModelFacts, found: ModelFacts) -> ModelFacts:
    """A version that was added by an older Augury lacks what that did not ask the file."""
    return replace(registered, threshold=found.threshold, read_as=registered.read_as or found.read_as)


def _interface(facts: ModelFacts) -> tuple[object, ...]:
    return facts.task, facts.classes, [(feature.name, feature.kind) for feature in facts.schema.features]


def answer(model: LoadedModel, questions: Sequence[Question]) -> list[Outcome]:
    """The outcome of each question, in their order."""
    asked = [_rows(question) for question in questions]
    counts = [len(rows) for rows in asked]
    checked = check_rows(model.facts.schema, [row for rows in asked for row in rows])
    answers = score_isolating(checked.values, model.answers)
    if not checked.errors and None not in answers:
        rest = iter(answers)
        return [_whole(q, list(islice(rest, n))) for q, n in zip(questions, counts, strict=True)]
    return list(_by_question(questions, counts, _placed(checked, answers, sum(counts))))


def _rows(question: Question) -> Sequence[Any]:
    """What cannot be read is one row that is no object: it fails by itself, not with the whole batch."""
    try:
        data = _decoder.decode(question.input)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return (None,)
    return data if isinstance(data, list) and not question.single else (data,)


def _whole(question: Question, answers: Sequence[Answer | None]) -> Outcome:
    """The outcome where every row has its answer."""
    if not answers:
        return Outcome(0, None)
    output = answers[0] if question.single else answers
    return Outcome(len(answers), Json(_encoder.encode(output)))


Placed = Answer | RowError


def _placed(checked: CheckedRows, answers: Sequence[Answer | None], count: int) -> list[Placed]:
    """By row of the whole batch: its answer or what is wrong with it (its index there still the batch's)."""
    errors = {error.row: error for error in checked.errors}
    rest = iter(answers)
    return [
        errors[row] if row in errors else next(rest) or RowError(row, None, RowFault.NOT_PREDICTED)
        for row in range(count)
    ]


def _by_question(
    questions: Sequence[Question], counts: Sequence[int], placed: Sequence[Placed]
) -> Iterator[Outcome]:
    begin = 0
    for question, count in zip(questions, counts, strict=True):
        yield _partial(question, placed[begin : begin + count])
        begin += count


def _partial(question: Question, placed: Sequence[Placed]) -> Outcome:
    """The outcome where rows may have failed; each error gets the row's index in its own question."""
    answers = [None if isinstance(found, RowError) else found for found in placed]
    errors = [
        RowError(row, found.field, found.fault)
        for row, found in enumerate(placed)
        if isinstance(found, RowError)
    ]
    if len(errors) == len(placed):
        return Outcome(0, None, errors)
    output = answers[0] if question.single else answers
    return Outcome(len(placed) - len(errors), Json(_encoder.encode(output)), errors)


_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder()
_encoder = msgspec.json.Encoder()
