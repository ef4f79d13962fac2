"""The queues and exchanges of the broker as both sides declare them.

FastStream has such types, too, but loading it takes a lot of memory, so that only workers do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class QuorumQueue:
    """A durable queue, which a cluster keeps on several nodes."""

    name: str
    more: Mapping[str, Any]
    """Its arguments, besides its type."""

    @property
    def arguments(self) -> dict[str, Any]:
        return {"x-queue-type": "quorum", **self.more}


@dataclass(frozen=True, slots=True)
class TopicExchange:
    """A durable exchange, to which each listener binds a queue of its own."""

    name: str
