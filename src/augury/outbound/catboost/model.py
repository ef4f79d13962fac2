"""Predicts with CatBoost: all rows of small questions in one call, those of a large one slice by slice."""

import asyncio
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeAlias, TypeVar

from cachetools import LRUCache
from typing_extensions import override

from augury.application.limits import Limits
from augury.application.models.ports.models import ModelStore, ModelUnavailable
from augury.application.models.speeds import Speeds
from augury.application.predictions.ports.predictor import (
    Between,
    Outcome,
    Predictor,
    Question,
    SliceOutcome,
    SlicePredictor,
    at_once,
)
from augury.concurrency.threads import Threads
from augury.domain.answer_form import Task
from augury.domain.feature import MOST_TEXT
from augury.domain.lane import Lane, Slice
from augury.domain.model import Model, ModelRef, ModelRefused
from augury.domain.model_facts import MOST_TOP, ModelFacts
from augury.domain.speed import FEW
from augury.outbound.catboost.explaining import explaining
from augury.outbound.catboost.file import facts_of, open_model
from augury.outbound.catboost.loaded import LoadedModel
from augury.outbound.catboost.questions import Bounds, answer
from augury.outbound.catboost.ranking import ranked
from augury.outbound.catboost.seen import seen_in
from augury.outbound.catboost.shares import Explainer
from augury.outbound.catboost.slicing import Rest, is_large, joined
from augury.outbound.catboost.spare import SpareProcessor

T = TypeVar("T")
NICENESS = 5
"""With it, the thread of the bulk lane gets a quarter of a processor that it has to share."""


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
    lane, and one for a second slice of a large question, as long as a processor is free. Those of the bulk
    lane give way to everything else. A model in memory may be called by all of them at the same time."""

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
        self._threads = {
            Lane.SMALL: Threads(1, name="catboost"),
            Lane.BULK: Threads(2, name="catboost in bulk", niceness=NICENESS),
        }
        self._spare = SpareProcessor()
        self._at_once = 2 if self._settings.threads == 1 else 1  # slices of one question

    @override
    async def predict(
        self,
        model: Model,
        questions: Sequence[Question],
        between: Between = at_once,
        lane: Lane = Lane.SMALL,
    ) -> Sequence[Outcome]:
        loaded = self._recall(model) or await self._load(model, lane)
        outcomes = await self._outcomes(model, loaded, questions, between, lane)
        if loaded.facts.task is Task.RANKING:
            outcomes = await self._called(lane, _ranked, questions, outcomes)
        if any(question.explain is not None for question in questions):
            explainer = await self._called(lane, self._explainer, loaded)
            return [
                await self._explained(loaded, explainer, question, outcome, between, lane)
                for question, outcome in zip(questions, outcomes, strict=True)
            ]
        return outcomes

    def _explainer(self, loaded: LoadedModel) -> Explainer:
        """Raises `ModelUnavailable` if the model cannot be explained, although it was on acceptance."""
        kept = self._explainers.get(id(loaded))
        try:
            if kept is None:  # the model is kept with it, so that no other one can get its id
                kept = self._explainers[id(loaded)] = loaded, Explainer(loaded.catboost, loaded.facts)
        except Exception as error:  # whatever CatBoost raises
            raise ModelUnavailable(f"it cannot be explained: {error}") from error
        return kept[1]

    async def _explained(
        self,
        loaded: LoadedModel,
        explainer: Explainer,
        question: Question,
        outcome: Outcome,
        between: Between,
        lane: Lane,
    ) -> Outcome:
        steps = explaining(loaded, explainer, question, outcome, self._most.seconds)
        while (done := await self._called(lane, self._for_a_slice, steps)) is None:
            await between()
        return done

    def _for_a_slice(self, steps: Generator[None, None, Outcome]) -> Outcome | None:
        """Take steps for as long as a slice may take. Returns the outcome once there is one."""
        began = self._clock()
        try:
            while self._clock() - began < self._most.seconds:
                next(steps)
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome
        return None

    async def _outcomes(
        self,
        model: Model,
        loaded: LoadedModel,
        questions: Sequence[Question],
        between: Between,
        lane: Lane,
    ) -> list[Outcome]:
        most = self._slice_of(model)
        small = [question for question in questions if not is_large(question, most)]
        if len(small) == len(questions):
            return await self._answer(model, loaded, questions, lane)
        answered = iter(await self._answer(model, loaded, small, lane) if small else ())
        return [
            await self._in_slices(model, loaded, question, between, lane)
            if is_large(question, most)
            else next(answered)
            for question in questions
        ]

    @override
    async def predict_slice(self, model: Model, sheet: bytes, content: bytes) -> SliceOutcome:
        from augury.outbound.catboost.slices import answer_table  # loads Arrow, which few workers need
        from augury.slices.arrow import decoded

        loaded = self._recall(model) or await self._load(model, Lane.BULK)

        def call() -> tuple[SliceOutcome, int]:
            table = decoded(content)
            units = self._most.units(table.num_rows, table.nbytes)
            return answer_table(loaded, sheet, table, self._settings.max_warnings), units

        (outcome, units), seconds = await self._called(Lane.BULK, lambda: self._timed(call))
        self._speeds.note(model, units, seconds)
        return outcome

    def close(self) -> None:
        """End the threads without waiting for a running call."""
        for each in self._threads.values():
            each.close()

    async def _answer(
        self, model: Model, loaded: LoadedModel, questions: Sequence[Question], lane: Lane
    ) -> list[Outcome]:
        call = partial(answer, loaded, questions, self._settings.max_warnings, self._bounds)
        outcomes, seconds = await self._called(lane, lambda: self._timed(call))
        rows, size = sum(each.rows for each in questions), sum(len(each.input) for each in questions)
        self._speeds.note(model, self._most.units(rows, size), seconds)
        return outcomes

    async def _called(self, lane: Lane, call: Callable[..., T], *arguments: object) -> T:
        return await self._threads[lane].run(partial(call, *arguments))

    def _timed(self, call: Callable[[], T]) -> tuple[T, float]:
        """What the call returns, and the seconds that it took."""
        began_at, began = time.perf_counter(), self._clock()
        answer = call()
        seconds = self._clock() - began
        self._spare.note(seconds, time.perf_counter() - began_at)
        return answer, seconds

    async def _in_slices(
        self, model: Model, loaded: LoadedModel, question: Question, between: Between, lane: Lane
    ) -> Outcome:
        rest, found = Rest(question), dict[int, tuple[int, Outcome]]()

        def answer_next() -> None:
            if (taken := rest.take(self._slice_of(model))) is None:
                return
            number, part = taken
            call = partial(answer, loaded, [part], self._settings.max_warnings, self._bounds)
            [outcome], seconds = self._timed(call)
            self._speeds.note(model, self._most.units(part.rows, len(part.input)), seconds)
            found[number] = part.rows, outcome

        while not rest.is_empty:
            if found:
                await between()
            has_spare = lane is Lane.BULK and self._at_once > 1 and self._spare.is_there()
            runs = [asyncio.create_task(self._called(lane, answer_next)) for _ in range(1 + has_spare)]
            try:
                await asyncio.gather(*runs)
            finally:
                for run in runs:
                    run.cancel()
        counts, outcomes = zip(*(found[number] for number in range(len(found))), strict=True)
        whole = partial(joined, outcomes, counts, most_warnings=self._settings.max_warnings)
        return await self._called(lane, whole)

    def _slice_of(self, model: Model) -> Slice:
        """As much as the model answers in the time of a slice. A model whose speed is not known gets a few
        rows at first: further ones are cut by what these take."""
        speed = self._speeds.of(model)
        most = self._most.at(speed)
        return most if speed.is_known else replace(most, rows=min(most.rows, FEW))

    async def _load(self, model: Model, lane: Lane) -> LoadedModel:
        async with self._loading:  # so that two batches do not load the same model twice
            if loaded := self._recall(model):
                return loaded
            path = await self._store.path(model.sha256)
            loaded = await self._called(lane, load_model, path, model, self._settings.threads)
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
