"""Ports: the counters of a process."""

from abc import abstractmethod
from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from augury.domain.lane import Lane
from augury.domain.prediction import Prediction
from augury.domain.usage import Usage


class StreamLimit(StrEnum):
    """The limits that can refuse event streams."""

    PROCESS = "max_streams"
    USER = "max_streams_per_user"


class Counters(Protocol):
    """Counts what this process does, for its metrics. Never waits and never raises."""

    @abstractmethod
    def submitted(self, submits: int) -> None:
        """Count one transaction that decided on this many submits, whether they were accepted or refused."""

    @abstractmethod
    def accepted(self, predictions: Sequence[Prediction]) -> None: ...

    @abstractmethod
    def settled(self, predictions: Sequence[Prediction], lane: Lane) -> None:
        """Count predictions that were run in this lane and settled together. They have ended."""

    @abstractmethod
    def answered(self, version: str, usage: Usage) -> None:
        """Add the work of a version of a model (`name@version`)."""

    @abstractmethod
    def ended(self, predictions: Sequence[Prediction]) -> None:
        """Count predictions that have ended without a worker: canceled, expired, or given up after too many
        attempts."""

    @abstractmethod
    def refused(self, limit: str) -> None:
        """Count a request that this limit refused. There are only a few names of limits."""

    @abstractmethod
    def requeued(self, predictions: int) -> None:
        """Count predictions that a sweep put on the queue again."""

    @abstractmethod
    def update_done(self, *, handled: bool) -> None:
        """Count an update of Telegram that the bot has handled or given up."""

    @abstractmethod
    def streams_open(self, streams: int) -> None:
        """Set the number of open event streams."""

    @abstractmethod
    def stream_refused(self, limit: StreamLimit) -> None:
        """Count an event stream that this limit refused."""

    @abstractmethod
    def event_told(self) -> None:
        """Count an event that was sent on a stream."""

    @abstractmethod
    def result_delivered(self) -> None:
        """Count a result whose delivery by the bot has ended: it was sent or refused, or the chat is gone."""
