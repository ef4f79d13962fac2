"""Ports: webhooks, their deliveries, and the receivers that they lead to."""

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
    """A webhook that was disabled by the service, and a chat in which its owner can be told."""

    webhook: Webhook
    chat_id: int
    language: str


class Webhooks(Protocol):
    @abstractmethod
    async def add(self, webhook: Webhook, *, most: int) -> bool:
        """Returns False if the user has `most` already. Raises `UserNotFound` if the account was closed."""

    @abstractmethod
    async def get(self, webhook_id: WebhookId, *, owner: UserId) -> Webhook:
        """Raises `WebhookNotFound`, also if it belongs to another user."""

    @abstractmethod
    async def page(self, owner: UserId, *, limit: int, before: WebhookId | None = None) -> Sequence[Webhook]:
        """The newest first."""

    @abstractmethod
    async def change(
        self, webhook_id: WebhookId, how: Callable[[Webhook], Webhook], *, owner: UserId
    ) -> Webhook:
        """Lock it, and store what `how` makes of it. Raises `WebhookNotFound`, and what `how` raises."""

    @abstractmethod
    async def remove(self, webhook_id: WebhookId, *, owner: UserId) -> None:
        """Delete it with its deliveries. Raises `WebhookNotFound`."""

    @abstractmethod
    async def untold(self, limit: int) -> Sequence[UntoldWebhook]:
        """Webhooks that were disabled for their failures, whose owners have a chat and were not told yet."""

    @abstractmethod
    async def told(self, webhook_id: WebhookId) -> None: ...


# Deliveries -------------------------------------------------------------------------------------------


class WebhookOutbox(Protocol):
    """Events that no other record of the books announces. A settlement, a payment, a change of a balance or
    of a model writes its own deliveries, in its own transaction."""

    @abstractmethod
    async def put(self, user_id: UserId, event: EventType, facts: Facts, *, once: str | None = None) -> None:
        """Tell each of the user's webhooks that wants this event. With `once`, a name such as that of a limit
        and its period, an event of this name is told only once."""


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
        """Make it due now, unless it is just being tried. Raises `DeliveryNotFound`."""

    @abstractmethod
    async def replay_range(
        self, webhook_id: WebhookId, *, since: datetime, until: datetime, only_failed: bool, limit: int
    ) -> int:
        """Make the oldest `limit` finished deliveries of this time due now. Returns how many that were."""

    @abstractmethod
    async def take(self, terms: "TakeTerms") -> Sequence["DueDelivery"]:
        """Take deliveries that are due, in turn from each webhook, those that wait longest first.

        Nobody else takes them until the lease ends. Those of disabled or deleted webhooks are dropped.
        """

    @abstractmethod
    async def record(self, token: UUID, tried: Sequence["Tried"]) -> None:
        """Store these tries with their webhooks' state, for deliveries that are still under this token."""

    @abstractmethod
    async def hand_back(self, token: UUID) -> int:
        """Make all deliveries of this token due again, because their process stops. Returns how many."""

    @abstractmethod
    async def backlog(self) -> "WebhookBacklog": ...

    @abstractmethod
    async def purge(self, *, keep: timedelta) -> int:
        """Delete deliveries that finished longer ago, in small steps. Returns how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeTerms:
    """The limits of a take, its token and its lease."""

    token: UUID
    lease: timedelta
    most: int
    most_failing: int
    """Deliveries to webhooks whose last try failed. One at a time goes to each of these."""
    most_each: int
    """Deliveries under way to one webhook."""
    under_way: Mapping[WebhookId, int]
    """How many this process has under way."""


@dataclass(frozen=True, slots=True)
class DueDelivery:
    delivery: WebhookDelivery
    webhook: Webhook


@dataclass(frozen=True, slots=True)
class Tried:
    """A try, and the time until the next. None: there is none."""

    delivery: WebhookDelivery
    result: TryResult
    wait: timedelta | None


@dataclass(frozen=True, slots=True)
class WebhookBacklog:
    waiting: int
    """Unfinished deliveries; at most `MOST_COUNTED`."""
    oldest: timedelta
    """For how long the longest waiting one has been due."""


MOST_COUNTED = 100_000


# Receivers --------------------------------------------------------------------------------------------


class Addresses(Protocol):
    @abstractmethod
    async def of(self, host: str) -> Sequence[str]:
        """The IP addresses of this name, none if it has none or cannot be resolved in time."""


class WebhookSender(Protocol):
    @abstractmethod
    async def send(self, url: str, headers: Mapping[str, str], body: Json) -> TryResult:
        """POST the body, and return what came of it. Never raises, and takes bounded time.

        The name is resolved for each try, and only addresses that may be called are connected to. Redirects
        are not followed. The answer's body is not read.
        """


class DeliveryCounters(Protocol):
    """Counts deliveries for the metrics. Never waits and never raises."""

    @abstractmethod
    def tried(self, tried: Sequence[Tried]) -> None: ...

    @abstractmethod
    def backlog(self, backlog: WebhookBacklog) -> None: ...
