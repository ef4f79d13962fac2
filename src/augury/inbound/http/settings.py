import re
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network

_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """What the HTTP side takes from outside, each with its default."""

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
    cors_origins: tuple[str, ...] = ()
    """Origins such as `https://app.example.com` whose pages may call the API from a browser; `*`: any."""
    keep_alive: timedelta = timedelta(seconds=125)
    """How long a connection on which nothing happens stays open. It is longer than proxies keep theirs (nginx
    and Amazon's ALB 60 s, Traefik 90 s, Caddy 120 s): whoever closes first must be the one who sends."""
    max_wait: timedelta = timedelta(seconds=60)
    """The longest that `Prefer: wait` holds an answer."""
    flight: int = 256
    """The most submits that share one transaction."""
    check_timeout: timedelta = timedelta(seconds=2)
    """How long a dependency may take to prove that it is there."""

    def __post_init__(self) -> None:
        if min(self.max_body_bytes, self.max_values, self.flight) < 1:
            raise ValueError("max_body_bytes, max_values and flight must be 1 at least")
        if self.max_intake_bytes < self.max_body_bytes:
            raise ValueError("max_intake_bytes must be max_body_bytes at least")
        if self.base_path and (not self.base_path.startswith("/") or self.base_path.endswith("/")):
            raise ValueError("base_path begins with a slash and ends without one")
        for origin in self.cors_origins:
            if origin != "*" and not _ORIGIN.fullmatch(origin):
                raise ValueError(
                    f"cors_origins has {origin!r}; an origin is written as browsers send it, in lower "
                    "case and without a path: https://app.example.com"
                )
