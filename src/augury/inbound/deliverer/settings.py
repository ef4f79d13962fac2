from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class BasePath:
    """The path under which callers reach the API, for the URLs in events."""

    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DelivererSettings:
    connections: int = 100
    """Attempts that one deliverer makes at the same time. At most half of them go to failing webhooks."""
    per_webhook: int = 10
    """Attempts at the same time to one webhook, so that a slow receiver does not delay others. After a failed
    attempt, a webhook gets only one at a time."""
    look_every: timedelta = timedelta(milliseconds=500)
    """How often an idle deliverer looks for new deliveries."""
    grace: timedelta = timedelta(seconds=5)
    """How long running attempts may continue after a stop. After that, they are handed back."""

    def __post_init__(self) -> None:
        if min(self.connections, self.per_webhook) < 1:
            raise ValueError("connections and per_webhook must be at least 1")
        if self.look_every < timedelta(milliseconds=1):
            raise ValueError("look_every must be at least 0.001 seconds")
