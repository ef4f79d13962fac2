"""Predicts with CatBoost: all rows of small questions in one call, those of a large one slice by slice."""

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial

from typing_extensions import override

from augury.application.limits import Limits
from augury.application.models.ports.models import ModelStore
from augury.application.models.speeds import Speeds
from augury.application.predictions.ports.predictor import (
    Outcome,
    Predictor,
    Question,
    SliceOutcome,
    SlicePredictor,
    Turn,
)
from augury.domain.answer_form import ModelTask
from augury.domain.feature import MOST_TEXT
from augury.domain.lane import Lane, SliceLimit
from augury.domain.model import Model
from augury.domain.model_facts import MOST_TOP
from augury.outbound.catboost.calls import Calls
from augury.outbound.catboost.explaining import explaining
from augury.outbound.catboost.kept import KeptModels
from augury.outbound.catboost.loaded import LoadedModel
from augury.outbound.catboost.questions import Bounds, answer
from augury.outbound.catboost.ranking import ranked
from augury.outbound.catboost.shares import Explainer
from augury.outbound.catboost.slicing import Rest, is_large, joined


@dataclass(frozen=True, slots=True, kw_only=True)
class CatBoostSettings:
    loaded_models: int = 8
    """Models that a worker keeps in memory. Beyond that, it drops the least recently used one."""
    threads: int = 1
    """Threads of one call of a model. More do not help: a run is small, and processes share the machine."""

    max_warnings: int = 100
    """Warnings that are kept of one prediction. Further ones are only counted."""

    def __post_init__(self) -> None:
        if self.loaded_models < 1 or self.threads < 1:
            raise ValueError("loaded_models and threads must be at least 1")


class CatBoostPredictor(Predictor, SlicePredictor):
    """Serves any model of the store. A model in memory may be called by several threads at the same time.
    `close` ends the threads."""

    def __init__(
        self,
        store: ModelStore,
        settings: CatBoostSettings | None = None,
        most: SliceLimit | None = None,
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
        self._settings = settings or CatBoostSettings()
        self._most = most or Limits().slice
        threads = self._settings.threads
        self._calls = Calls(self._most, speeds or Speeds(Limits()), threads=threads)
        self._models = KeptModels(store, self._calls, most=self._settings.loaded_models, threads=threads)

    @override
    async def predict(
        self,
        model: Model,
        questions: Sequence[Question],
        turn: Turn = nullcontext,
        lane: Lane = Lane.SMALL,
    ) -> Sequence[Outcome]:
        loaded = await self._models.get(model, lane)
        outcomes = await self._outcomes(model, loaded, questions, turn, lane)
        if loaded.facts.task is ModelTask.RANKING:
            outcomes = await self._calls.run(lane, partial(_ranked, questions, outcomes))
        if any(question.explain is not None for question in questions):
            explainer = await self._models.explainer(loaded, lane)
            return [
                await self._explained(loaded, explainer, question, outcome, turn, lane)
                for question, outcome in zip(questions, outcomes, strict=True)
            ]
        return outcomes

    async def _explained(
        self,
        loaded: LoadedModel,
        explainer: Explainer,
        question: Question,
        outcome: Outcome,
        turn: Turn,
        lane: Lane,
    ) -> Outcome:
        steps = explaining(loaded, explainer, question, outcome, self._most.seconds)
        step = partial(self._calls.for_a_slice, steps)
        while True:
            async with turn():
                done = await self._calls.run(lane, step)
            if done is not None:
                return done

    async def _outcomes(
        self,
        model: Model,
        loaded: LoadedModel,
        questions: Sequence[Question],
        turn: Turn,
        lane: Lane,
    ) -> list[Outcome]:
        most = self._calls.slice_of(model)
        small = [question for question in questions if not is_large(question, most)]
        if len(small) == len(questions):
            return await self._answer(model, loaded, questions, turn, lane)
        answered = iter(await self._answer(model, loaded, small, turn, lane) if small else ())
        return [
            await self._in_slices(model, loaded, question, turn, lane)
            if is_large(question, most)
            else next(answered)
            for question in questions
        ]

    @override
    async def predict_slice(self, model: Model, sheet: bytes, content: bytes) -> SliceOutcome:
        from augury.outbound.catboost.slices import answer_table  # loads Arrow, which few workers need
        from augury.slices.arrow import decoded

        loaded = await self._models.get(model, Lane.BULK)

        def call() -> tuple[SliceOutcome, int, int]:
            table = decoded(content)
            most = self._settings.max_warnings
            outcome = answer_table(loaded, sheet, table, most, self._bounds.max_text)
            return outcome, table.num_rows, table.nbytes

        (outcome, rows, size), seconds = await self._calls.run(Lane.BULK, lambda: self._calls.timed(call))
        self._calls.note(model, rows, size, seconds)
        return outcome

    def close(self) -> None:
        """End the threads without waiting for a running call."""
        self._calls.close()

    async def _answer(
        self, model: Model, loaded: LoadedModel, questions: Sequence[Question], turn: Turn, lane: Lane
    ) -> list[Outcome]:
        call = partial(answer, loaded, questions, self._settings.max_warnings, self._bounds)
        rows, size = sum(each.rows for each in questions), sum(len(each.input) for each in questions)
        async with turn():
            if self._calls.is_short(lane, model, rows, size):
                outcomes, seconds = self._calls.timed(call)
            else:
                outcomes, seconds = await self._calls.run(lane, lambda: self._calls.timed(call))
        self._calls.note(model, rows, size, seconds)
        return outcomes

    async def _in_slices(
        self, model: Model, loaded: LoadedModel, question: Question, turn: Turn, lane: Lane
    ) -> Outcome:
        rest, found = Rest(question), dict[int, tuple[int, Outcome]]()

        def answer_next() -> None:
            if (taken := rest.take(self._calls.slice_of(model))) is None:
                return
            number, part = taken
            call = partial(answer, loaded, [part], self._settings.max_warnings, self._bounds)
            [outcome], seconds = self._calls.timed(call)
            self._calls.note(model, part.rows, len(part.input), seconds)
            found[number] = part.rows, outcome

        while not rest.is_empty:
            async with turn():
                slices = range(self._calls.at_once(lane))
                runs = [asyncio.create_task(self._calls.run(lane, answer_next)) for _ in slices]
                try:
                    await asyncio.gather(*runs)
                finally:
                    for run in runs:
                        run.cancel()
        counts, outcomes = zip(*(found[number] for number in range(len(found))), strict=True)
        whole = partial(joined, outcomes, counts, most_warnings=self._settings.max_warnings)
        return await self._calls.run(lane, whole)


def _ranked(questions: Sequence[Question], outcomes: Sequence[Outcome]) -> list[Outcome]:
    return list(map(ranked, questions, outcomes))
