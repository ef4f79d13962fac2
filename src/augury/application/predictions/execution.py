"""Predict and settle claimed predictions. The use cases that claim by id and by turn share this."""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TypeVar
from uuid import UUID

from augury.application.batches.ports import Batches, BatchStore, NotStored, input_name, output_name
from augury.application.limits import Limits
from augury.application.models.ports.models import Models, ModelUnavailable
from augury.application.models.speeds import Speeds
from augury.application.models.tally import Tally
from augury.application.ports import Clock, Unavailable
from augury.application.ports.counters import Counters
from augury.application.predictions.known_sheets import KnownSheets
from augury.application.predictions.lease import Lease
from augury.application.predictions.ports.events import Ended, Events
from augury.application.predictions.ports.predictor import (
    Predictor,
    Question,
    SlicePredictor,
    Turn,
)
from augury.application.predictions.ports.work import Claimed, Finished, Work
from augury.domain.batch import SlicePlace
from augury.domain.identifiers import PredictionId
from augury.domain.lane import Lane
from augury.domain.model import ModelNotFound, ModelRef
from augury.domain.prediction import Failure
from augury.domain.row_errors import kept_errors, kept_warnings

Result = TypeVar("Result")
log = logging.getLogger(__name__)


class PredictTimedOut(Exception):
    """A run took longer than `predict_timeout`. A thread cannot be stopped, so the process must end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """Runs claimed predictions under the lease of their token."""

    work: Work
    batches: Batches
    store: BatchStore
    models: Models
    predictor: Predictor
    slice_predictor: SlicePredictor
    events: Events
    clock: Clock
    limits: Limits
    counters: Counters
    tally: Tally
    speeds: Speeds
    sheets: KnownSheets

    @asynccontextmanager
    async def predicted(
        self,
        lease: Lease,
        token: UUID,
        claimed: Sequence[Claimed],
        lane: Lane = Lane.SMALL,
        turn: Turn = nullcontext,
    ) -> AsyncIterator[Callable[[], Awaitable[None]]]:
        """Predict, and yield the call that settles. The lease of this token is kept until the block ends.

        While the books cannot be reached, both wait. After that, predicting hands back all predictions that
        it has not predicted, and raises `Unavailable`. It also raises `PredictTimedOut`.
        """
        ids = [claim.prediction.id for claim in claimed]
        async with lease.kept(ids):
            async with lease.handed_back_in_an_outage(ids):
                finished = await self._predict(claimed, turn, lane)
            yield partial(self._settle, lease, token, finished, lane)

    async def hand_back(self, token: UUID, ids: Collection[PredictionId]) -> None:
        """Queue the predictions again that are still under this lease. If the books cannot be reached, only
        logs that."""
        try:
            await self.work.hand_back(token, ids)
        except Unavailable as error:  # the lease ends anyway, and the process must
            log.warning("%d predictions could not be handed back: %s", len(ids), error)

    async def _predict(self, claimed: Sequence[Claimed], turn: Turn, lane: Lane) -> list[Finished]:
        by_model: dict[ModelRef, list[Claimed]] = defaultdict(list)
        for claim in claimed:
            if claim.slice is None:
                by_model[claim.prediction.model].append(claim)
        try:
            async with asyncio.timeout(self.limits.predict_timeout.total_seconds()) as timer:
                turns = Untimed(timer, turn)
                done = [
                    done
                    for ref, claims in by_model.items()
                    for done in await self._ask(ref, claims, turns, lane)
                ]
                # One after the other, so that only one slice is in memory.
                return done + [
                    await self._ask_slice(claim, claim.slice, turns) for claim in claimed if claim.slice
                ]
        except TimeoutError as error:
            raise PredictTimedOut from error

    async def _ask(
        self, ref: ModelRef, claims: Sequence[Claimed], turns: "Untimed", lane: Lane
    ) -> list[Finished]:
        try:
            model = await self.models.version(ref)
            began = time.perf_counter() - turns.waited
            outcomes = await self.predictor.predict(
                model,
                [
                    Question(each.input, each.prediction.single, each.prediction.rows, each.explain, each.top)
                    for each in claims
                ],
                turns,
                lane,
            )
        except (ModelUnavailable, ModelNotFound) as error:
            log.error("model %s cannot be used: %s", ref, error)
            now = self.clock.now()
            return [
                Finished(claim.prediction.fail(Failure.MODEL_UNAVAILABLE, at=now), None) for claim in claims
            ]
        now, seconds = self.clock.now(), time.perf_counter() - turns.waited - began
        return [
            Finished(
                claim.prediction.finish(
                    valid_rows=outcome.valid_rows,
                    unpredicted_text_bytes=outcome.unpredicted_text_bytes,
                    at=now,
                ),
                outcome.output,
                kept_errors(outcome.errors, most=self.limits.max_errors),
                kept_warnings(outcome.warnings),
                seconds,
            )
            for claim, outcome in zip(claims, outcomes, strict=True)
        ]

    async def _ask_slice(self, claim: Claimed, place: SlicePlace, turn: Turn) -> Finished:
        """Predict a slice of a batch. Its answers are stored before it ends, so that every reader of an ended
        slice finds them."""
        ref, failure = claim.prediction.model, None
        try:
            model = await self.models.version(ref)
            sheet = await self.sheets.of(place.batch_id)
            rows = await self.store.get(place.batch_id, input_name(place.number))
            async with turn():
                began = time.perf_counter()
                outcome = await self.slice_predictor.predict_slice(model, sheet, rows)
                seconds = time.perf_counter() - began
            await self.store.put(place.batch_id, output_name(place.number), outcome.content)
        except (ModelUnavailable, ModelNotFound) as error:
            log.error("model %s cannot be used: %s", ref, error)
            failure = Failure.MODEL_UNAVAILABLE
        except NotStored as error:
            log.error("a slice cannot be run: %s", error)
            failure = Failure.INPUT_GONE
        now = self.clock.now()
        if failure is None and outcome.valid_rows > claim.prediction.rows:  # only those have a price
            log.error(
                "slice %d of batch %s has more rows than it was accepted with", place.number, place.batch_id
            )
            failure = Failure.INPUT_GONE
        if failure:
            return Finished(claim.prediction.fail(failure, at=now), None)
        finished = claim.prediction.finish(
            valid_rows=outcome.valid_rows, unpredicted_text_bytes=outcome.unpredicted_text_bytes, at=now
        )
        return Finished(finished, None, seconds=seconds)

    async def _settle(self, lease: Lease, token: UUID, finished: Sequence[Finished], lane: Lane) -> None:
        settled = set(await lease.store(lambda: self.work.settle(token, finished)))
        if lost := len(finished) - len(settled):
            log.warning("%d predictions were not under this worker's lease any more", lost)
        stored = [done for done in finished if done.prediction.id in settled]
        predictions = [done.prediction for done in stored]
        self.counters.settled(predictions, lane)
        if batch_ids := {each.batch_id for each in predictions if each.batch_id}:
            await self.batches.close(batch_ids)
        await self.events.finished([Ended.by_worker(done) for done in stored])
        # Last, so that nobody waits for it.
        for ref, usage in self.tally.count(stored).items():
            self.counters.answered(str(ref), usage)


class Untimed:
    """The turns of a run. Waiting for them counts neither for the time limit nor as time of the model."""

    def __init__(self, timer: asyncio.Timeout, turn: Turn) -> None:
        self._timer = timer
        self._turn = turn
        self.waited = 0.0
        """Seconds so far."""

    def __call__(self) -> AbstractAsyncContextManager[None]:
        return self._turn() if self._turn is nullcontext else self._waited_for()

    @asynccontextmanager
    async def _waited_for(self) -> AsyncIterator[None]:
        began, until = time.perf_counter(), self._timer.when()
        self._timer.reschedule(None)
        async with self._turn():
            waited = time.perf_counter() - began
            self.waited += waited
            self._timer.reschedule(None if until is None else until + waited)
            yield
