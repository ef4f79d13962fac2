"""Ports: the queue to the workers."""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from augury.domain.identifiers import PredictionId
from augury.domain.lane import Lane

Traces = Mapping[PredictionId, str]
"""The `traceparent` (W3C Trace Context) of each prediction whose request had one."""
NO_TRACES: Traces = MappingProxyType({})
Costs = Mapping[PredictionId, int]
"""The cost of each prediction (`SliceLimit.cost`)."""
NO_COSTS: Costs = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Task:
    """One message of a lane's queue. In the bulk lane it is a ticket: it lets a worker run the next work
    there, which may be another prediction than the one it names."""

    prediction_ids: Sequence[PredictionId]
    """1 to 256 ids; exactly one if `attempt` is more than 1, so that it runs alone."""
    attempt: int = 1
    traces: Traces = field(default_factory=dict)
    redelivered: bool = False
    """Whether the queue has handed it to a worker before, which may have died of it."""


@dataclass(eq=False)
class UnknownPredictions(Exception):
    """A task names predictions that the books do not have, so no worker can handle it."""

    ids: Collection[PredictionId]

    def __str__(self) -> str:
        return f"not in the books: {', '.join(map(str, self.ids))}"


class PredictionQueue(Protocol):
    """The queues of both lanes, in which accepted predictions wait for a worker. The row in the books is its
    own outbox: the sweeper finds lost messages there."""

    @abstractmethod
    def put(
        self,
        ids: Sequence[PredictionId],
        *,
        attempt: int = 1,
        traces: Traces = NO_TRACES,
        lane: Lane = Lane.SMALL,
        costs: Costs = NO_COSTS,
    ) -> None:
        """Publish them soon, in order. In the bulk lane, each gets its own ticket. In the small lane, each
        message has little work in all. `costs` (`SliceLimit.cost`) are those above 1. Never waits and never
        raises."""

    @abstractmethod
    def saw(self, put_at: datetime) -> None:
        """Note that this process received a message of the small lane that was put there at this time."""

    @abstractmethod
    async def passed(self) -> datetime | None:
        """A time such that no message put before it is still in the small lane; None if that is unknown."""

    @abstractmethod
    async def has_tickets(self) -> bool:
        """Whether tickets wait in the bulk lane; also True if that is unknown."""
