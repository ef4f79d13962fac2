"""Ports: webhooks, their deliveries, and their receivers."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from augury.application.ports import Json
from augury.domain.identifiers import DeliveryId, UserId, WebhookId
from augury.domain.webhook import EventType, Webhook
from augury.domain.webhook_delivery import Facts, WebhookDelivery
from augury.domain.webhook_try import TryResult

# Webhooks ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UntoldWebhook:
    """A webhook that the service has disabled, and a chat of its owner."""

    webhook: Webhook
    chat_id: int
    language: str


class Webhooks(Protocol):
    @abstractmethod
    async def add(self, webhook: Webhook, *, most: int) -> bool:
        """Returns False if the user already has `most` webhooks. Raises `UserNotFound` if the account was
        closed."""

    @abstractmethod
    async def get(self, webhook_id: WebhookId, *, owner: UserId) -> Webhook:
        """Raises `WebhookNotFound`, also if it belongs to another user."""

    @abstractmethod
    async def page(self, owner: UserId, *, limit: int, before: WebhookId | None = None) -> Sequence[Webhook]:
        """The newest first."""

    @abstractmethod
    async def failing(self, *, limit: int, before: WebhookId | None = None) -> Sequence[Webhook]:
        """Everybody's webhooks that fail (`Webhook.is_failing`), the newest first."""

    @abstractmethod
    async def change(
        self, webhook_id: WebhookId, how: Callable[[Webhook], Webhook], *, owner: UserId
    ) -> Webhook:
        """Lock it, and store the result of `how`. Raises `WebhookNotFound`, and the errors of `how`."""

    @abstractmethod
    async def remove(self, webhook_id: WebhookId, *, owner: UserId) -> None:
        """Delete it with its deliveries. Raises `WebhookNotFound`."""

    @abstractmethod
    async def untold(self, limit: int) -> Sequence[UntoldWebhook]:
        """Webhooks that were disabled after failures. Their owners have a chat and have not got a message
        yet."""

    @abstractmethod
    async def told(self, webhook_id: WebhookId) -> None: ...


# Deliveries -------------------------------------------------------------------------------------------


class WebhookOutbox(Protocol):
    """Adds events that no other record of the books announces. Settlements, payments, and changes of balances
    and models add their deliveries in their own transactions."""

    @abstractmethod
    async def put(self, user_id: UserId, event: EventType, facts: Facts, *, once: str | None = None) -> None:
        """Add a delivery for each of the user's webhooks that wants this event. `once` is a name, such as
        that of a limit and its period: an event with this name is added only once."""


class WebhookDeliveries(Protocol):
    @abstractmethod
    async def add(self, delivery: WebhookDelivery) -> None: ...

    @abstractmethod
    async def page(
        self, webhook_id: WebhookId, *, limit: int, before: DeliveryId | None = None
    ) -> Sequence[WebhookDelivery]:
        """The newest first."""

    @abstractmethod
    async def replay(self, webhook_id: WebhookId, delivery_id: DeliveryId) -> WebhookDelivery:
        """Make it due now, unless an attempt is running. Raises `DeliveryNotFound`."""

    @abstractmethod
    async def replay_range(
        self, webhook_id: WebhookId, *, since: datetime, until: datetime, only_failed: bool, limit: int
    ) -> int:
        """Make the oldest `limit` finished deliveries of this period due now. Returns how many they were."""


# Deliveries on their way ------------------------------------------------------------------------------

MOST_COUNTED = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeTerms:
    """The limits of a take, its token, and its lease."""

    token: UUID
    lease: timedelta
    most: int
    most_failing: int
    """Deliveries to webhooks whose last attempt failed. Each of these webhooks gets one at a time."""
    most_each: int
    """Running deliveries to one webhook."""
    under_way: Mapping[WebhookId, int]
    """The number of running deliveries in this process."""


@dataclass(frozen=True, slots=True)
class DueDelivery:
    delivery: WebhookDelivery
    webhook: Webhook


@dataclass(frozen=True, slots=True)
class Tried:
    """An attempt, and the time until the next one. None: there is no next one."""

    delivery: WebhookDelivery
    result: TryResult
    wait: timedelta | None


@dataclass(frozen=True, slots=True)
class WebhookBacklog:
    waiting: int
    """Unfinished deliveries; at most `MOST_COUNTED`."""
    oldest: timedelta
    """How long the oldest due delivery has been waiting."""


class DueDeliveries(Protocol):
    """The deliveries that have not ended, for the processes that send them."""

    @abstractmethod
    async def take(self, terms: TakeTerms) -> Sequence[DueDelivery]:
        """Take due deliveries, from each webhook in turn, the longest waiting first.

        No other process takes them until the lease ends. Deliveries of disabled or deleted webhooks are
        dropped.
        """

    @abstractmethod
    async def record(self, token: UUID, tried: Sequence[Tried]) -> None:
        """Store these attempts with the state of their webhooks, for deliveries that still have this
        token."""

    @abstractmethod
    async def hand_back(self, token: UUID) -> int:
        """Make all deliveries with this token due again, because their process stops. Returns how many."""

    @abstractmethod
    async def backlog(self) -> WebhookBacklog: ...

    @abstractmethod
    async def purge(self, *, keep: timedelta) -> int:
        """Delete deliveries that finished longer than `keep` ago, in small steps. Returns how many."""


# Receivers --------------------------------------------------------------------------------------------


class Addresses(Protocol):
    @abstractmethod
    async def of(self, host: str) -> Sequence[str]:
        """The IP addresses of this name. Empty if it has none, or cannot be resolved in time."""


class WebhookSender(Protocol):
    @abstractmethod
    async def send(self, url: str, headers: Mapping[str, str], body: Json) -> TryResult:
        """POST the body, and return the result. Never raises, and takes bounded time.

        The name is resolved for each attempt, and only permitted addresses are called. Redirects are not
        followed. The answer's body is not read.
        """


class DeliveryCounters(Protocol):
    """Counts deliveries for the metrics. Never waits and never raises."""

    @abstractmethod
    def tried(self, tried: Sequence[Tried]) -> None: ...

    @abstractmethod
    def backlog(self, backlog: WebhookBacklog) -> None: ...
