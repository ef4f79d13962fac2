"""Ports: chats, what they sent, what they are owed, what was paid there."""

from abc import abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from augury.application.people.ports import NewUser
from augury.application.ports import Books, Json
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.prediction import Prediction
from augury.domain.row_errors import RowError, RowWarning
from augury.domain.user import User

# Who talks, and what about ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A private chat with the bot and whose account it acts for; its id is its person's as well."""

    id: int
    user_id: UserId
    language: str
    model: str | None = None
    """The model that the person chose; None is the default one."""
    dialogue: Json | None = None
    """What is being asked step by step, in the words of whoever asks."""
    gone: bool = False
    """Whether the person has blocked the bot, or is no more."""
    blocked: bool = False
    """Whether the account is blocked: nothing is done for this chat, but what is accepted is answered."""


class Chats(Protocol):
    @abstractmethod
    async def get(self, chat_id: int) -> Chat | None: ...

    @abstractmethod
    async def add(self, chat: Chat, new: NewUser) -> Chat:
        """Add the chat with its new user; answers the chat that is there, whoever added it.

        Raises `AlreadyRecorded` where the grant was given before.
        """

    @abstractmethod
    async def speak(self, chat_id: int, language: str) -> None: ...

    @abstractmethod
    async def choose(self, chat_id: int, model: str) -> None: ...

    @abstractmethod
    async def leave(self, chat_id: int, *, gone: bool = True) -> None:
        """Note that nothing can be sent there any more, or that it can again."""


class Dialogues(Protocol):
    @abstractmethod
    async def put(self, chat_id: int, dialogue: Json | None) -> None:
        """Store how far a dialogue has come, in one step; None ends it."""


# Who serves ---------------------------------------------------------------------------------------------


class Duty(Protocol):
    """Which process is the bot: one at a time, since two would take each other's updates."""

    @abstractmethod
    async def take(self) -> bool:
        """Whether it is this process from now on, until `holds` denies it or it leaves."""

    @abstractmethod
    async def holds(self) -> bool:
        """Whether it is this process still: who lost sight of the books must stop."""

    @abstractmethod
    async def leave(self) -> None:
        """Let another process be the bot; fails never."""


# What comes in --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReceivedUpdate:
    """One update as Telegram delivered it."""

    id: int
    lane: int
    """Updates of one lane are handled in order: those of one chat."""
    payload: Json
    tries: int | None = None
    """How many processes took it up again and ended while it was under way; None where it has just come."""


class Inbox(Protocol):
    """What was delivered is stored before it is acknowledged, so that nothing paid for can be lost."""

    @abstractmethod
    async def put(self, updates: Sequence[ReceivedUpdate]) -> Collection[int]:
        """Store them; answers the ids of those that were not here before."""

    @abstractmethod
    async def waiting(self) -> Sequence[ReceivedUpdate]:
        """What was not handled yet, in order."""

    @abstractmethod
    async def begin(self, update_id: int) -> bool:
        """Count a try of what was left behind: it may be what ended its process. Answers whether it is still
        to be handled."""

    @abstractmethod
    async def put_back(self, update_ids: Collection[int]) -> None:
        """The process that began these ends in good order: that was no try."""

    @abstractmethod
    async def done(self, update_id: int) -> None:
        """It was handled: remember only that it was here."""


# What goes out --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A prediction that was asked for in a chat, and the bot's message that becomes its result."""

    chat_id: int
    message_id: int
    """The person's message."""
    prediction_id: PredictionId
    placeholder_id: int | None = None
    file_name: str | None = None
    """Of a batch, which is answered by a file."""
    thread_id: int | None = None
    """The chat's topic in which the person wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A final prediction with all that is needed to tell its asker."""

    reply: Reply
    language: str
    gone: bool
    """Whether nothing can be sent there at the moment."""
    prediction: Prediction
    input: Json | None
    output: Json | None
    errors: Sequence[RowError] = ()
    warnings: Sequence[RowWarning] = ()
    sheet: Json | None = None
    """Of a batch: what was kept of its file, see `Notices.expect`."""


class Notices(Protocol):
    """Who must hear of which prediction. A notice is written where the prediction becomes final, if that
    was asked for when it was accepted, and is here until it is delivered."""

    @abstractmethod
    async def expect(self, reply: Reply, *, sheet: Json | None = None) -> Reply:
        """Store where the answer goes; answers what is stored, if it was before.

        `sheet` is what the answer to a file takes from that file beside its rows; it is at most about as long
        as the file, and forgotten once the answer is delivered.
        """

    @abstractmethod
    async def placed(self, reply: Reply, placeholder_id: int) -> None:
        """Note which message becomes the result: from now on it can be delivered."""

    @abstractmethod
    async def place_rest(self, chat_id: int, placeholder_id: int) -> None:
        """Let this message become the result of what has none in the chat: its own could not be sent."""

    @abstractmethod
    async def due(self, limit: int, *, but_not: Collection[PredictionId] = ()) -> Sequence[Delivery]:
        """What can be delivered now, oldest first."""

    @abstractmethod
    async def put_off(self, prediction_id: PredictionId, wait: timedelta) -> None: ...

    @abstractmethod
    async def delivered(self, prediction_id: PredictionId) -> None: ...


# Linking and paying --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Link:
    """A one-time code that makes a chat an account's; `chat_id` is who used it."""

    user_id: UserId
    expires_at: datetime
    chat_id: int | None = None


class Links(Protocol):
    @abstractmethod
    async def owner(self, digest: bytes, chat_id: int) -> UserId | None:
        """Whose account the chat can still be linked to, or was linked to, with this link."""

    @abstractmethod
    async def forget(self, digest: bytes) -> None:
        """The link is refused: nobody can use it any more."""

    @abstractmethod
    async def issue(self, digest: bytes, user_id: UserId, lifetime: timedelta) -> None:
        """Store a new link; the user's expired ones are forgotten."""

    @abstractmethod
    async def saw_bot(self, username: str) -> None:
        """A bot of this name serves here."""

    @abstractmethod
    async def bot(self) -> str | None:
        """The name of the bot that served here last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StarPayment:
    """A payment in Telegram Stars; `reference` is that of its `top_up` and its `reversal`."""

    charge_id: str
    reference: UUID
    chat_id: int
    user_id: UserId
    stars: int
    credits: int
    reversed_at: datetime | None = None
    refunded_at: datetime | None = None


class ChatBooks(Books, Protocol):
    """The books, and what changes with them in one transaction for the sake of chats.

    Locks are taken in this order: a link, a chat, a payment, and then the balances.
    """

    @abstractmethod
    async def use_link(self, digest: bytes, chat_id: int) -> UserId | None:
        """Lock the link and note who used it; None where it is unknown, too old, or somebody else's."""

    @abstractmethod
    async def chat(self, chat_id: int) -> Chat | None:
        """Lock the chat."""

    @abstractmethod
    async def hand_over(self, chat_id: int, *, absorbed: UserId, into: UserId, at: datetime) -> None:
        """Make the chat and all predictions of `absorbed` the other's, and close `absorbed`."""

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
        """Raises `AlreadyRecorded` where there is one of this charge."""

    @abstractmethod
    async def payment(self, charge_id: str) -> StarPayment | None:
        """Lock the payment."""

    @abstractmethod
    async def change_payment(self, payment: StarPayment) -> None:
        """Store when it was reversed and refunded."""


class OpenChatBooks(Protocol):
    @abstractmethod
    def __call__(self) -> ChatBooks: ...


class Payments(Protocol):
    @abstractmethod
    async def refund(self, payment: StarPayment) -> None:
        """Give the stars back; one that was given back before is fine.

        Raises `RefundRefused`, and `Unavailable` where nobody answers.
        """
