from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """What the HTTP side takes from outside, each with its default."""

    guest_secret: str = field(repr=False)
    """Key of the HMAC that turns a guest's address and day into a name that tells neither."""
    base_path: str = ""
    """Where callers find the API: "" or, behind a proxy, say "/augury"; no slash at the end."""
    max_body_bytes: int = 10_000_000
    """The longest request body; more is refused while it arrives."""
    max_values: int = 500_000
    """JSON values in the rows of one request: in memory each takes many times its text."""
    max_intake_bytes: int = 100_000_000
    """Bytes of all large bodies that are in memory at a time; more are refused with a 503."""
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    """Who may say in `X-Forwarded-For` whom a request came from: nobody."""
    max_wait: timedelta = timedelta(seconds=60)
    """The longest that `Prefer: wait` holds an answer."""
    flight: int = 256
    """The most submits that share one transaction."""
    identity_cache: timedelta = timedelta(seconds=10)
    """How long a caller's account or API key is believed to be live without asking again. What another
    process closed or deleted meanwhile goes unseen that long, and so does an API key that expires, at any
    process. 0 asks every time."""
    check_timeout: timedelta = timedelta(seconds=2)
    """How long a dependency may take to prove that it is there."""

    def __post_init__(self) -> None:
        if len(self.guest_secret) < 16:
            raise ValueError("guest_secret needs 16 characters at least")
        if min(self.max_body_bytes, self.max_values, self.flight) < 1:
            raise ValueError("max_body_bytes, max_values and flight must be 1 at least")
        if self.max_intake_bytes < self.max_body_bytes:
            raise ValueError("max_intake_bytes must be max_body_bytes at least")
        if self.base_path and (not self.base_path.startswith("/") or self.base_path.endswith("/")):
            raise ValueError("base_path begins with a slash and ends without one")
