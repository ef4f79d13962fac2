"""The queues and exchanges of the broker as both sides declare them.

FastStream has such types, too. Loading it takes a lot of memory, so only workers load it.
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
    """A durable exchange. Each listener binds its own queue to it."""

    name: str
