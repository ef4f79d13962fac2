"""Publishes tasks and events to RabbitMQ in the background, over a separate connection.

RabbitMQ stops reading from a connection that publishes too fast, and then reads no acknowledgements either.
So consumers use another connection.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import aiormq

from augury.application.ports import Unavailable
from augury.application.predictions.ports.queue import NO_COSTS, NO_TRACES, Costs, Traces
from augury.broker.objects import QuorumQueue
from augury.broker.trouble import TROUBLE, host_of, told, why
from augury.broker.wire import CONTENT_TYPE, IDS, MOST_IDS, task_body, task_headers
from augury.concurrency.outage import Outage
from augury.concurrency.pauses import Pauses
from augury.concurrency.waits import end, is_set_within
from augury.domain.identifiers import PredictionId
from augury.domain.lane import Lane
from augury.outbound.rabbitmq.event_channel import properties
from augury.outbound.rabbitmq.hosts import urls_of
from augury.outbound.rabbitmq.link import Envelope, RabbitLink, Topology

MESSAGES_PER_FLIGHT = 64
_PERSISTENT = 2  # a delivery mode of AMQP 0-9-1


MOST_EVENTS = 1_000
"""The most events that wait to be published. Beyond that, the oldest are dropped."""


CONFIRM_EVERY = 1.0
"""Seconds after a confirmation in which events are sent without one."""

FIRST_PAUSE, LAST_PAUSE = 0.2, 5.0
"""Seconds between two attempts to connect."""


MOST_COST = 128
"""The most cost (`SliceLimit.cost`) of one message of the small lane, unless its first prediction alone costs
more. A worker holds 16 messages: together not much more than a slice of work, which another worker could
run."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RabbitSettings:
    url: str
    """`amqp://user:password@host:port/vhost`. Separate several hosts with commas: if one does not answer, the
    next is used. If it is not set, `augury up` uses a queue within its own process."""
    publish_timeout: timedelta = timedelta(seconds=2)
    """How long the broker may take to confirm a message."""
    max_unpublished: int = 10_000
    """Predictions that may wait in one process to be published. The sweeper publishes those beyond it."""

    max_task_ids: int = IDS
    """Predictions of small work in one message to the workers. More than 128 change nothing: a message has
    only so much work. Workers of a release without lanes read up to 16: set 16 while such workers run."""

    def __post_init__(self) -> None:
        urls_of(self.url)
        if self.publish_timeout < timedelta(milliseconds=1):
            raise ValueError("publish_timeout must be at least 0.001 seconds")
        if not 1 <= self.max_task_ids <= MOST_IDS:
            raise ValueError(f"max_task_ids must be from 1 to {MOST_IDS}")

    @property
    def urls(self) -> tuple[str, ...]:
        """One URL for each host, tried in this order."""
        return urls_of(self.url)


@dataclass(frozen=True, slots=True)
class Put:
    """A prediction, and the time when it was put on the queue."""

    prediction_id: PredictionId
    attempt: int
    at: datetime
    trace: str | None = None
    lane: Lane = Lane.SMALL
    cost: int = 1

    @property
    def shares_its_task(self) -> bool:
        return self.attempt == 1 and self.lane is Lane.SMALL


class RabbitPublisher:
    """Publishes in batches: messages that arrive while one is being published form the next.

    Messages that the broker did not confirm are published again after it is back, so some may arrive twice.
    """

    def __init__(self, settings: RabbitSettings, topology: Topology) -> None:
        self._settings = settings
        self._topology = topology
        self._seconds = settings.publish_timeout.total_seconds()
        self._puts: deque[Put] = deque()
        self._events: deque[bytes] = deque(maxlen=MOST_EVENTS)
        self._work = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()
        self._link: RabbitLink | None = None
        self._confirmed_at = float("-inf")
        self._pauses = Pauses(FIRST_PAUSE, LAST_PAUSE)
        self._outage = Outage(log, "publishing to RabbitMQ")
        self._full = False
        self._runs: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start publishing in the background, as soon as the broker can be reached."""
        self._runs = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Publish what still waits, within the timeout, and close the connection."""
        if self._runs is None:
            return
        if self._link is not None:
            await is_set_within(self._seconds, self._drained)
        await end([self._runs])
        self._runs = None
        if self._puts:
            log.warning("%d predictions were not published; the sweeper will publish them", len(self._puts))

    async def ping(self) -> None:
        """Raises `Unavailable` if the broker does not answer in time."""
        await self.waiting()

    async def waiting(self, lane: Lane = Lane.SMALL) -> int:
        """The number of messages ready in the queue of a lane. Raises `Unavailable`."""
        link = self._link
        if link is None:
            raise Unavailable("RabbitMQ is not connected")
        try:
            return await link.waiting(self._queue_of(lane))
        except TROUBLE as error:
            if len(self._settings.urls) > 1:
                link.give_up()  # another host may answer
            raise Unavailable(f"RabbitMQ: {why(error)}") from error

    def put(
        self,
        ids: Sequence[PredictionId],
        attempt: int,
        traces: Traces = NO_TRACES,
        lane: Lane = Lane.SMALL,
        costs: Costs = NO_COSTS,
    ) -> None:
        room = max(self._settings.max_unpublished - len(self._puts), 0)
        full = len(ids) > room
        if full and not self._full:
            log.warning(
                "%d predictions wait to be published; the sweeper will publish further ones", len(self._puts)
            )
        self._full = full
        now = datetime.now(UTC)
        self._puts.extend(
            Put(each, attempt, now, traces.get(each), lane, costs.get(each, 1)) for each in ids[:room]
        )
        self._wake()

    def tell(self, event: bytes) -> None:
        """Send the body of an event soon. It may be lost."""
        self._events.append(event)
        self._wake()

    def _wake(self) -> None:
        self._drained.clear()
        self._work.set()

    async def _run(self) -> None:
        while True:
            for url in self._settings.urls:
                await self._publish_over(url)
            await asyncio.sleep(self._pauses.next())

    async def _publish_over(self, url: str) -> None:
        """Returns when this host cannot be reached, or the connection is lost."""
        try:
            async with RabbitLink.open(
                url, self._topology, seconds=self._seconds, lost=self._work.set
            ) as link:
                await self._serve(link)
        except TROUBLE as error:
            self._outage.begins(told(error, url), at=host_of(url))
        except Exception:  # otherwise the publisher would end unnoticed
            log.exception("publishing to RabbitMQ failed and will be tried again")
        finally:
            self._link = None

    async def _serve(self, link: RabbitLink) -> None:
        self._link = link
        while link.is_open:
            while self._puts or self._events:
                await self._fly(link)
            self._outage.ends()  # only after all tasks that waited are confirmed
            self._drained.set()
            await self._work.wait()
            self._work.clear()
        raise ConnectionError("the connection was closed")

    async def _fly(self, link: RabbitLink) -> None:
        """Publish one batch. Keeps the unconfirmed tasks, and raises `ConnectionError` if anything was not
        confirmed.

        Events are usually sent without a confirmation, which is cheaper: if one is lost, a caller waits a
        second longer. Now and then they are published, because only a missing confirmation shows that the
        broker has fallen silent.
        """
        now = asyncio.get_running_loop().time()
        if self._events and now < self._confirmed_at + CONFIRM_EVERY:
            await link.tell(self._next_events())
        tasks, events = self._next_tasks(), self._next_events()
        if not tasks and not events:
            return
        answers = await link.publish([*map(self._task, tasks), *map(self._event, events)])
        unconfirmed = [put for puts, answer in zip(tasks, answers, strict=False) if answer for put in puts]
        self._puts.extendleft(reversed(unconfirmed))
        if trouble := next(filter(None, answers), None):
            raise ConnectionError(f"not confirmed: {str(trouble) or type(trouble).__name__}")
        self._confirmed_at = now
        self._pauses.reset()

    def _next_events(self) -> list[bytes]:
        return [self._events.popleft() for _ in range(min(len(self._events), MESSAGES_PER_FLIGHT))]

    def _next_tasks(self) -> list[list[Put]]:
        """The contents of the next messages. Each has up to `max_task_ids` first attempts of the small lane,
        which together cost up to `MOST_COST`, or one later attempt, or is one ticket of the bulk lane."""
        tasks: list[list[Put]] = []
        cost = 0
        while self._puts:
            put = self._puts[0]
            cost += put.cost
            has_room = tasks and tasks[-1][0].shares_its_task and len(tasks[-1]) < self._settings.max_task_ids
            if has_room and put.shares_its_task and cost <= MOST_COST:
                tasks[-1].append(self._puts.popleft())
            elif len(tasks) < MESSAGES_PER_FLIGHT:
                tasks.append([self._puts.popleft()])
                cost = put.cost
            else:
                break
        return tasks

    def _task(self, puts: Sequence[Put]) -> Envelope:
        described = aiormq.spec.Basic.Properties(
            content_type=CONTENT_TYPE,
            delivery_mode=_PERSISTENT,
            timestamp=puts[0].at,  # the earliest of them
            headers=task_headers([put.trace for put in puts]),
        )
        body = task_body([put.prediction_id for put in puts], puts[0].attempt)
        return Envelope(body, described, self._queue_of(puts[0].lane).name)

    def _queue_of(self, lane: Lane) -> QuorumQueue:
        return self._topology.tasks if lane is Lane.SMALL else self._topology.bulk

    def _event(self, body: bytes) -> Envelope:
        return Envelope(body, properties(), self._topology.finished, self._topology.events.name)
