from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    """The rules of webhooks. Give the API and the deliverers the same values."""

    most: int = 10
    """The most webhooks of one user."""
    allow: tuple[IPv4Network | IPv6Network, ...] = ()
    """Internal networks that webhooks may call, even without TLS, such as `10.1.2.0/24`. By default, only
    public addresses are called, and only over HTTPS."""
    rotation_overlap: timedelta = timedelta(hours=24)
    """How long the old secret also signs after a rotation."""
    timeout: timedelta = timedelta(seconds=15)
    """Time limit for one attempt, from the resolution of the name to the status of the answer."""
    keep: timedelta = timedelta(days=14)
    """How long finished deliveries of webhooks are kept."""

    key: str | None = field(default=None, repr=False)
    """The key from which the secrets of webhooks are derived. Default: `AUGURY_SECRET_KEY`. Before you change
    `AUGURY_SECRET_KEY` for the first time, set this to its old value, so that the webhooks keep their
    secrets, and never change it again."""

    def __post_init__(self) -> None:
        if self.timeout < timedelta(milliseconds=10):
            raise ValueError("timeout must be at least 0.01 seconds")
