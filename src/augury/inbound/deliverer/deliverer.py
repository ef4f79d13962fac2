"""Sends due deliveries in parallel, so that a slow receiver does not delay others."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from uuid import UUID, uuid4

from augury.application.batches.ports import Batches
from augury.application.ports import Unavailable
from augury.application.predictions.ports.reads import Predictions
from augury.application.webhooks.deliver_webhook import DeliverWebhook
from augury.application.webhooks.ports import (
    DeliveryCounters,
    DueDeliveries,
    DueDelivery,
    TakeTerms,
    Tried,
)
from augury.concurrency.natural_batches import NaturalBatches
from augury.concurrency.pauses import Pauses
from augury.concurrency.waits import end, is_set_within
from augury.domain.batch import BatchNotFound
from augury.domain.identifiers import BatchId, DeliveryId, PredictionId
from augury.domain.webhook import EventType
from augury.inbound.deliverer.bodies import FinishedBatch, FinishedPrediction, body_of
from augury.inbound.deliverer.settings import BasePath, DelivererSettings

MARGIN = timedelta(seconds=15)
"""How much longer than an attempt its lease lasts, so that the result can be stored."""
MOST_RECORDED = 500
"""Attempts that share one statement."""
READ_AT_ONCE = 50
"""Predictions that are read together, with their outputs."""
COUNT_EVERY = 15.0
"""Seconds between two counts of the backlog."""
PURGE_EVERY = 3600.0
"""Seconds between two purges of old deliveries."""
MOST_SILENT = 120.0
"""A loop that has not turned for this many seconds counts as dead."""
log = logging.getLogger(__name__)


class WebhookDeliverer:
    """Takes due deliveries under a lease, sends each in its own task, and stores the results in groups.

    If a process dies, another one repeats its deliveries after the lease: a receiver may get an event twice,
    but none is lost.
    """

    def __init__(
        self,
        deliver_webhook: DeliverWebhook,
        deliveries: DueDeliveries,
        predictions: Predictions,
        batches: Batches,
        counters: DeliveryCounters,
        settings: DelivererSettings,
        base: BasePath,
    ) -> None:
        self._deliver_webhook = deliver_webhook
        self._deliveries = deliveries
        self._predictions = predictions
        self._batches = batches
        self._counters = counters
        self._settings = settings
        self._base_path = base.path
        self._rules = deliver_webhook.settings
        self._lease = self._rules.timeout + MARGIN
        self._token: UUID = uuid4()
        self._under_way: dict[asyncio.Task[None], DueDelivery] = {}
        self._results: NaturalBatches[Tried, None] = NaturalBatches(self._record, most=MOST_RECORDED)
        self._bell = asyncio.Event()
        self._turned_at = time.monotonic()

    @property
    def alive(self) -> bool:
        return time.monotonic() - self._turned_at < MOST_SILENT

    async def run(self) -> None:
        """Deliver until canceled. Then hand back the deliveries that did not finish within the grace."""
        repeated = (
            asyncio.create_task(self._repeat(self._count, COUNT_EVERY)),
            asyncio.create_task(self._repeat(self._purge, PURGE_EVERY)),
        )
        try:
            await self._deliver()
        finally:
            await end(repeated)
            await self._stop()

    async def look(self) -> int:
        """Take as many due deliveries as there is room for, and start to send them. Returns how many were
        taken."""
        room = self._settings.connections - len(self._under_way)
        if room <= 0:
            return 0
        failing = sum(each.webhook.failing_since is not None for each in self._under_way.values())
        terms = TakeTerms(
            token=self._token,
            lease=self._lease,
            most=room,
            most_failing=max(0, self._settings.connections // 2 - failing),
            most_each=self._settings.per_webhook,
            under_way=Counter(each.webhook.id for each in self._under_way.values()),
        )
        taken = await self._deliveries.take(terms)
        for part in range(0, len(taken), READ_AT_ONCE):
            due = taken[part : part + READ_AT_ONCE]
            data = await self._data(due)
            for each in due:
                self._begin(each, data.get(each.delivery.id))
        return len(taken)

    async def idle(self) -> None:
        """Wait until no attempt is running."""
        while self._under_way:
            await asyncio.wait(tuple(self._under_way))

    async def _deliver(self) -> None:
        while True:
            self._turned_at = time.monotonic()
            self._bell.clear()
            taken = 0
            try:
                taken = await self.look()
            except Unavailable as error:
                log.warning("could not take deliveries: %s", error)
            if taken and len(self._under_way) < self._settings.connections:
                continue
            await is_set_within(self._settings.look_every.total_seconds(), self._bell)

    def _begin(self, due: DueDelivery, data: FinishedPrediction | FinishedBatch | None) -> None:
        task = asyncio.create_task(self._try(due, data))
        self._under_way[task] = due

        def ended(done: asyncio.Task[None]) -> None:
            del self._under_way[done]
            self._bell.set()
            if not done.cancelled() and (error := done.exception()):
                log.error("a delivery failed unexpectedly", exc_info=error)

        task.add_done_callback(ended)

    async def _try(self, due: DueDelivery, data: FinishedPrediction | FinishedBatch | None) -> None:
        tried = await self._deliver_webhook(due, body_of(due.delivery, data))
        pauses = Pauses(0.5, 5)
        until = time.monotonic() + MARGIN.total_seconds()
        while True:
            try:
                await self._results.board(tried)
            except Unavailable as error:
                if time.monotonic() > until:
                    log.warning(
                        "a delivery will be sent again, because its result could not be stored: %s", error
                    )
                    return
                await asyncio.sleep(pauses.next())
            else:
                return

    async def _record(self, tried: Sequence[Tried]) -> Sequence[None]:
        await self._deliveries.record(self._token, tried)
        self._counters.tried(tried)
        return [None] * len(tried)

    async def _data(
        self, due: Sequence[DueDelivery]
    ) -> Mapping[DeliveryId, FinishedPrediction | FinishedBatch]:
        """The predictions and batches of the events, if they must be read."""
        base_path = self._base_path
        data: dict[DeliveryId, FinishedPrediction | FinishedBatch] = {}
        found = await self._predictions.several(_subjects(due, EventType.PREDICTION_FINISHED))
        stored = {each.prediction.id: each for each in found}
        for each in due:
            delivery, subject = each.delivery, each.delivery.subject
            if subject is None:
                continue
            if delivery.event is EventType.PREDICTION_FINISHED and subject in stored:
                prediction = stored[PredictionId(subject)]
                if prediction.prediction.user_id == each.webhook.user_id:
                    data[delivery.id] = FinishedPrediction.of(prediction, base_path=base_path)
            elif delivery.event is EventType.BATCH_FINISHED:
                with suppress(BatchNotFound):
                    batch = await self._batches.get(BatchId(subject), owner=each.webhook.user_id)
                    data[delivery.id] = FinishedBatch.of(batch, base_path=base_path)
        return data

    async def _count(self) -> None:
        self._counters.backlog(await self._deliveries.backlog())

    async def _purge(self) -> None:
        if purged := await self._deliveries.purge(keep=self._rules.keep):
            log.info("deleted %d finished deliveries", purged)

    async def _repeat(self, work: Callable[[], Awaitable[None]], every: float) -> None:
        while True:
            try:
                await work()
            except Unavailable as error:
                log.warning("the deliverer could not count or purge: %s", error)
            except Exception:  # one failure must not end the loop
                log.exception("counting or purging deliveries failed")
            await asyncio.sleep(every)

    async def _stop(self) -> None:
        await end(tuple(self._under_way), grace=self._settings.grace.total_seconds())
        await self._results.stop()
        try:
            # Also deliveries that were taken but not begun.
            if left := await self._deliveries.hand_back(self._token):
                log.info("handed back %d deliveries", left)
        except Unavailable as error:  # their lease ends anyway
            log.warning("deliveries could not be handed back: %s", error)


def _subjects(due: Collection[DueDelivery], event: EventType) -> list[PredictionId]:
    return [
        PredictionId(each.delivery.subject)
        for each in due
        if each.delivery.event is event and each.delivery.subject is not None
    ]
