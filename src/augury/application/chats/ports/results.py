"""Ports: the results to send to chats."""

from abc import abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from augury.application.ports import Json
from augury.domain.identifiers import BatchId, PredictionId
from augury.domain.prediction import Prediction
from augury.domain.row_errors import RowError, RowWarning


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A prediction requested in a chat, and the bot's message that its result replaces."""

    chat_id: int
    message_id: int
    """The person's message with the request."""
    prediction_id: PredictionId
    placeholder_id: int | None = None
    file_name: str | None = None
    """The name of the file, if the request was a file. It is answered with a file."""
    thread_id: int | None = None
    """The chat's topic in which the person wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A final prediction with everything that is needed to send its result."""

    reply: Reply
    language: str
    gone: bool
    """Whether nothing can be sent to the chat at the moment."""
    prediction: Prediction
    input: Json | None
    output: Json | None
    errors: Sequence[RowError] = ()
    warnings: Sequence[RowWarning] = ()
    sheet: Json | None = None
    """The stored parts of the request's file; see `Notices.expect`."""


class Notices(Protocol):
    """Results that are to be sent. If a prediction was accepted with `notify`, its notice is written when it
    becomes final, and kept until it is delivered."""

    @abstractmethod
    async def expect(self, reply: Reply, *, sheet: Json | None = None) -> Reply:
        """Store where the result goes. If that was stored before, returns the stored reply.

        `sheet` has what the answer takes from the file besides its rows. It is at most about as long as the
        file, and is deleted once the answer is delivered.
        """

    @abstractmethod
    async def placed(self, reply: Reply, placeholder_id: int) -> None:
        """Store which message the result will replace. Only then can it be delivered."""

    @abstractmethod
    async def place_rest(self, chat_id: int, placeholder_id: int) -> None:
        """Use this message for the chat's predictions that have no placeholder, because it could not be
        sent."""

    @abstractmethod
    async def due(
        self, limit: int, *, most_files: int, but_not: Collection[PredictionId] = ()
    ) -> Sequence[Delivery]:
        """The results that can be delivered now, oldest first, without those of `but_not`. At most
        `most_files` of them answer a file."""

    @abstractmethod
    async def put_off(self, prediction_id: PredictionId, wait: timedelta) -> None: ...

    @abstractmethod
    async def delivered(self, prediction_id: PredictionId) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchReply:
    """A file that was accepted as a batch in a chat, and the bot's message that shows its progress."""

    chat_id: int
    message_id: int
    """The person's message with the file."""
    batch_id: BatchId
    placeholder_id: int
    file_name: str
    thread_id: int | None = None
    """The chat's topic in which the person wrote."""
    files_sent: int = 0
    """The number of files with results that were sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchDelivery:
    """A batch whose progress or results are to be sent to a chat."""

    reply: BatchReply
    language: str
    gone: bool
    """Whether nothing can be sent to the chat at the moment."""


class BatchReplies(Protocol):
    """Batches whose results are to be sent to a chat. Each is kept until they are delivered."""

    @abstractmethod
    async def expect(self, reply: BatchReply) -> None:
        """Store where the results go. A reply to the same message that was stored before stays as it is."""

    @abstractmethod
    async def due(self, limit: int, *, but_not: Collection[BatchId] = ()) -> Sequence[BatchDelivery]:
        """The batches that are due now, the longest overdue first, without those of `but_not`."""

    @abstractmethod
    async def put_off(self, batch_ids: Collection[BatchId], wait: timedelta) -> None:
        """Look at these batches again after `wait`."""

    @abstractmethod
    async def sent(self, batch_id: BatchId, files: int) -> None:
        """Store how many files with results were sent, so that none is sent again."""

    @abstractmethod
    async def delivered(self, batch_id: BatchId) -> None: ...
