from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    """The rules of webhooks. Set them equally for the API and the deliverers."""

    most: int = 10
    """Webhooks of one user."""
    allow: tuple[IPv4Network | IPv6Network, ...] = ()
    """Networks inside that webhooks may call, also without TLS, such as `10.1.2.0/24`. By default, only
    public addresses are called, and only over HTTPS."""
    rotation_overlap: timedelta = timedelta(hours=24)
    """For how long the secret before still signs after a rotation."""
    timeout: timedelta = timedelta(seconds=15)
    """How long one try may take in all, from the name's resolution to the answer's status."""
    keep: timedelta = timedelta(days=14)
    """How long finished deliveries of webhooks are kept."""

    key: str | None = field(default=None, repr=False)
    """The key from which the secrets of webhooks are derived. Not set: `AUGURY_SECRET_KEY`. Before you change
    that one, set this to its old value, so that the webhooks keep their secrets."""

    def __post_init__(self) -> None:
        if self.timeout < timedelta(milliseconds=10):
            raise ValueError("timeout must be at least 0.01 seconds")
