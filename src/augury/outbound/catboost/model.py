"""Predicts with CatBoost: all rows of small questions in one call, those of a large one slice by slice."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeAlias, TypeVar

from cachetools import LRUCache
from typing_extensions import override

from augury.application.limits import Limits
from augury.application.models.ports import ModelStore, ModelUnavailable
from augury.application.models.speeds import Speeds
from augury.application.predictions.ports.predictor import (
    Outcome,
    Predictor,
    Question,
    SliceOutcome,
    SlicePredictor,
)
from augury.concurrency.threads import Threads
from augury.domain.answer_form import Task
from augury.domain.feature import MOST_TEXT
from augury.domain.lane import Lane, Slice
from augury.domain.model import Model, ModelRef, ModelRefused
from augury.domain.model_facts import MOST_TOP, ModelFacts
from augury.outbound.catboost.explaining import explained
from augury.outbound.catboost.file import facts_of, open_model
from augury.outbound.catboost.loaded import LoadedModel
from augury.outbound.catboost.questions import Bounds, answer
from augury.outbound.catboost.ranking import ranked
from augury.outbound.catboost.seen import seen_in
from augury.outbound.catboost.shares import Explainer
from augury.outbound.catboost.slicing import is_large, joined, slices
from augury.outbound.catboost.spare import SpareProcessor

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class CatBoostSettings:
    loaded_models: int = 8
    """Models that a worker keeps in memory. Beyond that, it drops the least recently used one."""
    threads: int = 1
    """Threads of one call of a model. More do not help: a batch is small, and processes share the machine."""

    max_warnings: int = 100
    """Warnings that are kept of one prediction. Further ones are only counted."""

    def __post_init__(self) -> None:
        if self.loaded_models < 1 or self.threads < 1:
            raise ValueError("loaded_models and threads must be at least 1")


Kept: TypeAlias = tuple[ModelFacts, LoadedModel]
"""A model in memory, and its registered facts at the time of loading."""


class CatBoostPredictor(Predictor, SlicePredictor):
    """Serves any model of the store. Loads and calls models on threads, which `close` ends: one for each
    lane, and one for a second slice of a large question, as long as a processor is free. A model in memory
    may be called by all of them at the same time."""

    def __init__(
        self,
        store: ModelStore,
        settings: CatBoostSettings | None = None,
        most: Slice | None = None,
        speeds: Speeds | None = None,
        *,
        max_text: int = MOST_TEXT,
        max_classes: int = MOST_TOP,
    ) -> None:
        """A question with more rows or bytes than `most` is answered slice by slice, in smaller slices if the
        model was found to be slow. Calls are noted in `speeds`.

        A row with a text or category of more than `max_text` characters is invalid. An answer lists up to
        `max_classes` classes, unless the question sets another number.
        """
        self._bounds = Bounds(max_text=max_text, max_classes=max_classes)
        self._store = store
        self._settings = settings or CatBoostSettings()
        self._most = most or Limits().slice
        self._speeds = speeds or Speeds(Limits())
        # The processor's time is a property of the model, which a busy machine does not change.
        self._clock = time.thread_time if self._settings.threads == 1 else time.perf_counter
        self._loaded: LRUCache[tuple[str, ModelRef], Kept] = LRUCache(self._settings.loaded_models)
        self._explainers: LRUCache[int, tuple[LoadedModel, Explainer]] = LRUCache(
            self._settings.loaded_models
        )
        self._loading = asyncio.Lock()
        self._threads = Threads(len(Lane) + 1, name="catboost")
        self._spare = SpareProcessor()
        self._at_once = 2 if self._settings.threads == 1 else 1  # slices of one question

    @override
    async def predict(self, model: Model, questions: Sequence[Question]) -> Sequence[Outcome]:
        loaded = self._recall(model) or await self._load(model)
        outcomes = await self._outcomes(model, loaded, questions)
        if loaded.facts.task is Task.RANKING:
            outcomes = await self._threads.run(partial(_ranked, questions, outcomes))
        if any(question.explain is not None for question in questions):
            outcomes = await self._threads.run(partial(self._explained, loaded, questions, outcomes))
        return outcomes

    def _explained(
        self, loaded: LoadedModel, questions: Sequence[Question], outcomes: Sequence[Outcome]
    ) -> list[Outcome]:
        """Raises `ModelUnavailable` if the model cannot be explained, although it was on acceptance."""
        kept = self._explainers.get(id(loaded))
        try:
            if kept is None:  # the model is kept with it, so that no other one can get its id
                kept = self._explainers[id(loaded)] = loaded, Explainer(loaded.catboost, loaded.facts)
        except Exception as error:  # whatever CatBoost raises
            raise ModelUnavailable(f"it cannot be explained: {error}") from error
        return [
            explained(loaded, kept[1], question, outcome)
            for question, outcome in zip(questions, outcomes, strict=True)
        ]

    async def _outcomes(
        self, model: Model, loaded: LoadedModel, questions: Sequence[Question]
    ) -> list[Outcome]:
        most = self._most.at(self._speeds.of(model))
        small = [question for question in questions if not is_large(question, most)]
        if len(small) == len(questions):
            return await self._answer(model, loaded, questions)
        answered = iter(await self._answer(model, loaded, small) if small else ())
        return [
            await self._in_slices(model, loaded, question, most)
            if is_large(question, most)
            else next(answered)
            for question in questions
        ]

    @override
    async def predict_slice(self, model: Model, sheet: bytes, content: bytes) -> SliceOutcome:
        from augury.outbound.catboost.slices import answer_table  # loads Arrow, which few workers need
        from augury.slices.arrow import decoded

        loaded = self._recall(model) or await self._load(model)

        def call() -> tuple[SliceOutcome, int]:
            table = decoded(content)
            units = self._most.units(table.num_rows, table.nbytes)
            return answer_table(loaded, sheet, table, self._settings.max_warnings), units

        (outcome, units), seconds = await self._timed(call)
        self._speeds.note(model, units, seconds)
        return outcome

    def close(self) -> None:
        """End the threads without waiting for a running call."""
        self._threads.close()

    async def _answer(
        self, model: Model, loaded: LoadedModel, questions: Sequence[Question]
    ) -> list[Outcome]:
        call = partial(answer, loaded, questions, self._settings.max_warnings, self._bounds)
        outcomes, seconds = await self._timed(call)
        rows, size = sum(each.rows for each in questions), sum(len(each.input) for each in questions)
        self._speeds.note(model, self._most.units(rows, size), seconds)
        return outcomes

    async def _timed(self, call: Callable[[], T]) -> tuple[T, float]:
        """What the call returns, and the seconds that it took."""

        def timed() -> tuple[T, float]:
            began_at, began = time.perf_counter(), self._clock()
            answer = call()
            seconds = self._clock() - began
            self._spare.note(seconds, time.perf_counter() - began_at)
            return answer, seconds

        return await self._threads.run(timed)

    async def _in_slices(self, model: Model, loaded: LoadedModel, question: Question, most: Slice) -> Outcome:
        most_warnings = self._settings.max_warnings
        parts = await self._threads.run(partial(slices, question, most))
        found: dict[int, Outcome] = {}
        left = iter(enumerate(parts))

        async def answer_left(may_go_on: Callable[[], bool]) -> None:
            while may_go_on() and (taken := next(left, None)):
                [found[taken[0]]] = await self._answer(model, loaded, [taken[1]])

        go_on: list[Callable[[], bool]] = [lambda: True, self._spare.is_there]
        runs = [asyncio.create_task(answer_left(each)) for each in go_on[: self._at_once]]
        try:
            await asyncio.gather(*runs)
        finally:
            for run in runs:
                run.cancel()
        outcomes = [found[number] for number in range(len(parts))]
        return await self._threads.run(partial(joined, outcomes, parts, most_warnings=most_warnings))

    async def _load(self, model: Model) -> LoadedModel:
        async with self._loading:  # so that two batches do not load the same model twice
            if loaded := self._recall(model):
                return loaded
            path = await self._store.path(model.sha256)
            loaded = await self._threads.run(partial(load_model, path, model, self._settings.threads))
            self._loaded[model.sha256, model.ref] = model.facts, loaded
            return loaded

    def _recall(self, model: Model) -> LoadedModel | None:
        """The loaded model, or None. Also None if the operator has changed the version's facts since."""
        key = model.sha256, model.ref
        kept = self._loaded.get(key)
        if kept is None:
            return None
        if kept[0] != model.facts:
            del self._loaded[key]
            return None
        return kept[1]


def _ranked(questions: Sequence[Question], outcomes: Sequence[Outcome]) -> list[Outcome]:
    return list(map(ranked, questions, outcomes))


def load_model(path: Path, model: Model, threads: int = 1) -> LoadedModel:
    """Raises `ModelUnavailable` if the file is broken, or differs from what was registered."""
    try:
        catboost = open_model(path)
        found = facts_of(catboost)
    except ModelRefused as refusal:
        raise ModelUnavailable(f"{model.ref}: {refusal.reason}") from refusal
    if _interface(found) != _interface(model.facts):
        raise ModelUnavailable(f"{model.ref}: the file's features or answers differ from the registered ones")
    return LoadedModel.of(catboost, _completed(model.facts, found), found, seen_in(path), threads)


def _completed(registered: ModelFacts, found: ModelFacts) -> ModelFacts:
    """Fill in facts from the file: a version that an older release added may lack them."""
    return replace(registered, threshold=found.threshold, read_as=registered.read_as or found.read_as)


def _interface(facts: ModelFacts) -> tuple[object, ...]:
    features = [(feature.name, feature.kind, feature.length) for feature in facts.schema.features]
    return facts.task, facts.classes, facts.outputs, features
