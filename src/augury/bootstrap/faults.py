"""Fault points: places at which a process ends as if by kill -9, so that tests can see the effect.

`AUGURY_FAULT=after-claim` names a fault point; `after-claim:3` lets the third passing fail. Commas separate
several. Only a checkout has this module. The wheel and the images do not have it and refuse the setting.
"""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

from dishka import Provider, Scope
from typing_extensions import override

from augury.application.predictions.ports.predictor import (
    Outcome,
    Predictor,
    Question,
    SliceOutcome,
    SlicePredictor,
    Turn,
)
from augury.application.predictions.ports.queue import NO_COSTS, NO_TRACES, Costs, PredictionQueue, Traces
from augury.application.predictions.ports.work import Claimed, ClaimTerms, Finished, Work
from augury.bootstrap.config import SettingError
from augury.domain.identifiers import PredictionId
from augury.domain.lane import Lane
from augury.domain.model import Model

IN_FLIGHT = 0.002
"""Seconds in which a statement can be sent before its process dies."""
SLOW = ThreadPoolExecutor(1)
"""The thread in which a slow prediction sleeps. Like a model's thread, it cannot be stopped."""


def die() -> None:
    """End at once: no handler runs, nothing is written, nothing is closed."""
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass(slots=True)
class At:
    """A fault point that is due at its nth passing."""

    time: int = 1
    _passed: "count[int]" = field(default_factory=lambda: count(1))

    def passed(self) -> bool:
        """Count a passing. Returns whether the fault is due."""
        return next(self._passed) == self.time

    def here(self) -> None:
        if self.passed():
            die()


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultyWork(Work):
    """Dies after a claim, during a settle, or after its commit."""

    inner: Work
    after_claim: At | None = None
    inside_settle: At | None = None
    after_commit: At | None = None

    @override
    async def begin(self, ids: Collection[PredictionId], terms: ClaimTerms) -> Sequence[Claimed]:
        begun = await self.inner.begin(ids, terms)
        if begun and self.after_claim:
            self.after_claim.here()
        return begun

    @override
    async def claim(self, ids: Collection[PredictionId], terms: ClaimTerms) -> Sequence[Claimed]:
        claimed = await self.inner.claim(ids, terms)
        if claimed and self.after_claim:
            self.after_claim.here()
        return claimed

    @override
    async def pick(
        self, *, token: UUID, lease: timedelta, most: int, most_cost: int, short: bool = False
    ) -> Sequence[Claimed]:
        claimed = await self.inner.pick(token=token, lease=lease, most=most, most_cost=most_cost, short=short)
        if claimed and self.after_claim:
            self.after_claim.here()
        return claimed

    @override
    async def renew(self, token: UUID, *, lease: timedelta, ids: Collection[PredictionId]) -> int:
        return await self.inner.renew(token, lease=lease, ids=ids)

    @override
    async def settle(self, token: UUID, finished: Sequence[Finished]) -> Sequence[PredictionId]:
        settling = asyncio.ensure_future(self.inner.settle(token, finished))
        if self.inside_settle and self.inside_settle.passed():
            await asyncio.wait({settling}, timeout=IN_FLIGHT)
            die()
        settled = await settling
        if self.after_commit:
            self.after_commit.here()
        return settled

    @override
    async def hand_back(self, token: UUID, ids: Collection[PredictionId]) -> Sequence[PredictionId]:
        return await self.inner.hand_back(token, ids)

    @override
    async def run_of(self, token: UUID) -> Sequence[PredictionId]:
        return await self.inner.run_of(token)

    @override
    async def begun(self, ids: Collection[PredictionId]) -> Collection[PredictionId]:
        return await self.inner.begun(ids)

    @override
    async def unknown(self, ids: Collection[PredictionId]) -> Collection[PredictionId]:
        return await self.inner.unknown(ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultyPredictor(Predictor):
    """Is slow, dies when a word is in its input, or dies after an answer."""

    inner: Predictor
    seconds: float = 0
    poison: bytes | None = None
    after_predict: At | None = None

    @override
    async def predict(
        self, model: Model, questions: Sequence[Question], turn: Turn = nullcontext, lane: Lane = Lane.SMALL
    ) -> Sequence[Outcome]:
        if self.poison and any(self.poison in bytes(question.input) for question in questions):
            die()
        await asyncio.get_running_loop().run_in_executor(SLOW, time.sleep, self.seconds)
        outcomes = await self.inner.predict(model, questions, turn, lane)
        if self.after_predict:
            self.after_predict.here()
        return outcomes


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultySlicePredictor(SlicePredictor):
    """Is slow, or dies before the answers to a slice are stored."""

    inner: SlicePredictor
    seconds: float = 0
    after_predict: At | None = None

    @override
    async def predict_slice(self, model: Model, sheet: bytes, content: bytes) -> SliceOutcome:
        await asyncio.get_running_loop().run_in_executor(SLOW, time.sleep, self.seconds)
        outcome = await self.inner.predict_slice(model, sheet, content)
        if self.after_predict:
            self.after_predict.here()
        return outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultyQueue(PredictionQueue):
    """Dies between a commit and its publishing."""

    inner: PredictionQueue
    before_publish: At

    @override
    def put(
        self,
        ids: Sequence[PredictionId],
        *,
        attempt: int = 1,
        traces: Traces = NO_TRACES,
        lane: Lane = Lane.SMALL,
        costs: Costs = NO_COSTS,
    ) -> None:
        if ids:
            self.before_publish.here()
        self.inner.put(ids, attempt=attempt, traces=traces, lane=lane, costs=costs)

    @override
    def saw(self, put_at: datetime) -> None:
        self.inner.saw(put_at)

    @override
    async def passed(self) -> datetime | None:
        return await self.inner.passed()

    @override
    async def has_tickets(self) -> bool:
        return await self.inner.has_tickets()


WORK = {"after-claim", "inside-settle", "after-commit"}
PREDICTOR = {"after-predict", "poison", "slow"}
QUEUE = {"before-publish"}


def fault_points(text: str) -> tuple[Provider, ...]:
    """Providers that wrap the ports with these fault points. Raises `SettingError` for an unknown one."""
    asked = dict(_named(each) for each in text.split(","))
    if unknown := asked.keys() - WORK - PREDICTOR - QUEUE:
        raise SettingError(f"AUGURY_FAULT: unknown fault point {', '.join(sorted(unknown))}")
    try:
        return tuple(_providers(asked))
    except ValueError as error:
        raise SettingError(f"AUGURY_FAULT: {error}") from error


def _named(text: str) -> tuple[str, str]:
    name, _, value = text.partition(":")
    return name, value


def _providers(asked: Mapping[str, str]) -> Iterator[Provider]:
    at = {name.replace("-", "_"): At(int(asked[name] or 1)) for name in asked.keys() - {"poison", "slow"}}
    if points := _of(at, WORK):

        def work(inner: Work) -> Work:
            return FaultyWork(inner=inner, **points)

        yield _decorating(work)
    if asked.keys() & PREDICTOR:
        seconds, poison = float(asked.get("slow") or 0), asked.get("poison", "").encode() or None

        def predictor(inner: Predictor) -> Predictor:
            return FaultyPredictor(inner=inner, seconds=seconds, poison=poison, **_of(at, PREDICTOR))

        def slice_predictor(inner: SlicePredictor) -> SlicePredictor:
            return FaultySlicePredictor(inner=inner, seconds=seconds, **_of(at, PREDICTOR))

        yield _decorating(predictor)
        yield _decorating(slice_predictor)
    if points_of_queue := _of(at, QUEUE):

        def queue(inner: PredictionQueue) -> PredictionQueue:
            return FaultyQueue(inner=inner, **points_of_queue)

        yield _decorating(queue)


def _of(at: Mapping[str, At], names: Collection[str]) -> dict[str, At]:
    return {name: point for name, point in at.items() if name.replace("_", "-") in names}


def _decorating(wrap: Callable[..., object]) -> Provider:
    provider = Provider(scope=Scope.APP)
    provider.decorate(wrap)
    return provider
