"""Ports: chats, their updates, the results to send to them, and payments in them."""

from abc import abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from augury.application.people.ports import NewUser
from augury.application.ports import Books, Json
from augury.domain.identifiers import BatchId, PredictionId, UserId
from augury.domain.prediction import Prediction
from augury.domain.row_errors import RowError, RowWarning
from augury.domain.user import User

# Chats and dialogues ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A private chat with the bot, and the account that it acts for. Its id is also the person's."""

    id: int
    user_id: UserId
    language: str
    model: str | None = None
    """The model that the person chose; None is the default model."""
    dialogue: Json | None = None
    """The open dialogue, in the bot's own format."""
    gone: bool = False
    """Whether the person has blocked the bot, or the chat no longer exists."""
    blocked: bool = False
    """Whether the account is blocked: new requests are refused, accepted predictions are still answered."""


class Chats(Protocol):
    @abstractmethod
    async def get(self, chat_id: int) -> Chat | None: ...

    @abstractmethod
    async def add(self, chat: Chat, new: NewUser) -> Chat:
        """Add the chat with its new user. Returns the stored chat, which may have been added concurrently.

        Raises `AlreadyRecorded` if the grant was given before.
        """

    @abstractmethod
    async def speak(self, chat_id: int, language: str) -> None: ...

    @abstractmethod
    async def choose(self, chat_id: int, model: str) -> None: ...

    @abstractmethod
    async def leave(self, chat_id: int, *, gone: bool = True) -> None:
        """Store that nothing can be sent to the chat, or (`gone=False`) that it can again."""


class Dialogues(Protocol):
    @abstractmethod
    async def put(self, chat_id: int, dialogue: Json | None) -> None:
        """Store the state of a dialogue atomically; None ends it."""


# The serving process ------------------------------------------------------------------------------------


class Duty(Protocol):
    """Decides which process serves as the bot: one at a time, since two would take each other's updates."""

    @abstractmethod
    async def take(self) -> bool:
        """Try to take the duty. Returns whether this process has it. It keeps the duty until `holds` is False
        or it calls `leave`."""

    @abstractmethod
    async def holds(self) -> bool:
        """Whether this process still has the duty. It is False if the connection to the books was lost."""

    @abstractmethod
    async def leave(self) -> None:
        """Give up the duty, so that another process can take it. Never fails."""


# Updates --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReceivedUpdate:
    """One update, as Telegram delivered it."""

    id: int
    lane: int
    """Updates of one lane are handled in order. Each chat has its own."""
    payload: Json
    tries: int | None = None
    """How many processes ended while they handled it again; None if it has just arrived."""


class Inbox(Protocol):
    """Stores updates before they are acknowledged, so that no payment can be lost."""

    @abstractmethod
    async def put(self, updates: Sequence[ReceivedUpdate]) -> Collection[int]:
        """Store the updates. Returns the ids of those that are new."""

    @abstractmethod
    async def waiting(self) -> Sequence[ReceivedUpdate]:
        """The updates that are not handled yet, in order."""

    @abstractmethod
    async def begin(self, update_id: int) -> bool:
        """Count an attempt at an update that an earlier process left unhandled: the update may have crashed
        that process. Returns whether it still has to be handled."""

    @abstractmethod
    async def put_back(self, update_ids: Collection[int]) -> None:
        """Uncount the attempts at these updates, because their process stops in an orderly way."""

    @abstractmethod
    async def done(self, update_id: int) -> None:
        """Mark the update as handled, and keep only its id."""


# Results --------------------------------------------------------------------------------------------


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
    """The stored parts of a batch's file; see `Notices.expect`."""


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
        """The results that can be delivered now, oldest first. At most `most_files` answer a file."""

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
        """The batches that are due now, the longest overdue first."""

    @abstractmethod
    async def put_off(self, batch_ids: Collection[BatchId], wait: timedelta) -> None:
        """Look at these batches again after `wait`."""

    @abstractmethod
    async def sent(self, batch_id: BatchId, files: int) -> None:
        """Store how many files with results were sent, so that none is sent again."""

    @abstractmethod
    async def delivered(self, batch_id: BatchId) -> None: ...


# Linking and paying --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Link:
    """A one-time code that links a chat with an account. `chat_id` is the chat that used it."""

    user_id: UserId
    expires_at: datetime
    chat_id: int | None = None


class Links(Protocol):
    @abstractmethod
    async def owner(self, digest: bytes, chat_id: int) -> UserId | None:
        """The account that this link can still link the chat to, or has linked it to. None if there is
        none."""

    @abstractmethod
    async def forget(self, digest: bytes) -> None:
        """Delete a refused link, so that nobody can use it any more."""

    @abstractmethod
    async def issue(self, digest: bytes, user_id: UserId, lifetime: timedelta) -> None:
        """Store a new link, and delete the user's expired ones."""

    @abstractmethod
    async def saw_bot(self, username: str) -> None:
        """Store the name of the bot that serves here."""

    @abstractmethod
    async def bot(self) -> str | None:
        """The name of the bot that served here last."""


@dataclass(frozen=True, slots=True)
class ChatSignIn:
    """A browser's request to sign in by a chat. `chat_id` is the chat that has confirmed it."""

    client: str
    """The browser as its user knows it, such as `Firefox, Linux`."""
    expires_at: datetime
    chat_id: int | None = None


class ChatSignIns(Protocol):
    """Requests to sign in by a chat, of whose codes only the SHA-256 is stored. Each works once."""

    @abstractmethod
    async def ask(self, digest: bytes, *, client: str, lifetime: timedelta) -> None: ...

    @abstractmethod
    async def asked(self, digest: bytes) -> ChatSignIn | None:
        """The request. None if it is unknown, used, refused or expired."""

    @abstractmethod
    async def confirm(self, digest: bytes, chat_id: int) -> bool:
        """Store which chat confirms the request. Returns False if it is gone, or another chat was faster."""

    @abstractmethod
    async def forget(self, digest: bytes) -> None:
        """Delete a refused request, so that nobody can confirm it any more."""

    @abstractmethod
    async def finish(
        self, digest: bytes, *, refresh: bytes, family: UUID, lifetime: timedelta
    ) -> UserId | None:
        """Use up a confirmed request, and begin a session of the account for which its chat acts now.

        `refresh` is the digest of the session's secret. Returns None, and begins no session, if the request
        is gone or not confirmed, or if the account is closed, blocked or an administrator's.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class StarPayment:
    """A payment in Telegram Stars. Its `top_up` and its `reversal` have the same `reference`."""

    charge_id: str
    reference: UUID
    chat_id: int
    user_id: UserId
    stars: int
    credits: int
    reversed_at: datetime | None = None
    refunded_at: datetime | None = None


class ChatBooks(Books, Protocol):
    """The books, and the chats' records that change in the same transaction.

    Locks are taken in this order: a link, a chat, a payment, and then the balances.
    """

    @abstractmethod
    async def use_link(self, digest: bytes, chat_id: int) -> UserId | None:
        """Lock the link and store who uses it. None if it is unknown, expired, or used by another chat."""

    @abstractmethod
    async def chat(self, chat_id: int) -> Chat | None:
        """Lock the chat."""

    @abstractmethod
    async def hand_over(self, chat_id: int, *, absorbed: UserId, into: UserId, at: datetime) -> None:
        """Move the chat and all predictions and batches of `absorbed` to `into`, and close `absorbed`: its
        sessions, API keys and webhooks end."""

    @abstractmethod
    async def bought_since_link(self, chat_id: int) -> Sequence[StarPayment]:
        """Lock the payments that were made in the chat since it was linked and are not reversed."""

    @abstractmethod
    async def let_go(self, chat_id: int, user: User, payments: Sequence[StarPayment]) -> None:
        """Add the user with an empty balance; the chat and these payments are the user's from now on.

        The links that the chat used are forgotten, so that none links it again.
        """

    @abstractmethod
    async def add_payment(self, payment: StarPayment) -> None:
        """Raises `AlreadyRecorded` if there is a payment with this charge."""

    @abstractmethod
    async def payment(self, charge_id: str) -> StarPayment | None:
        """Lock the payment."""

    @abstractmethod
    async def change_payment(self, payment: StarPayment) -> None:
        """Store the times at which it was reversed and refunded."""


class OpenChatBooks(Protocol):
    @abstractmethod
    def __call__(self) -> ChatBooks: ...


class Payments(Protocol):
    @abstractmethod
    async def refund(self, payment: StarPayment) -> None:
        """Return the stars. A payment that was refunded before is ignored.

        Raises `RefundRefused`, and `Unavailable` if Telegram does not answer.
        """
