import re
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network

_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """The settings of the HTTP side and their defaults."""

    base_path: str = ""
    """The path under which callers find the API behind a proxy, such as `/augury`, without a slash at the
    end."""
    max_body_bytes: int = 10_000_000
    """The largest request body. A route without rows allows at most 65536 bytes."""
    max_batch_file_bytes: int = 2_000_000_000
    """The largest file of a batch, unpacked. It is read as a stream, and never as a whole in memory."""
    max_model_file_bytes: int = 2_000_000_000
    """The largest model file that an administrator may send. It is read as a stream."""
    max_table_bytes: int = 100_000_000
    """The largest table that an administrator may send to train a model from. It is read as a stream."""
    max_gzip_ratio: int = 100
    """How many times larger than its packed bytes a file of a batch may be."""
    max_batch_uploads: int = 8
    """Files of batches that one process receives at the same time. Further ones are answered with 503."""
    max_values: int = 500_000
    """JSON values in the rows of one request; in memory each takes many times its text."""
    max_intake_bytes: int = 100_000_000
    """Bytes of all large request bodies in memory at once. Further ones are answered with 503."""
    max_intake_bytes_per_address: int | None = None
    """The same for one address (IPv4 address or IPv6 /64), whose further bodies are answered with 429. Not
    set: half of `max_intake_bytes`, but at least `max_body_bytes`."""
    max_decoding_bytes: int = 10_000_000
    """Bytes of large request bodies that are decoded at once, because a decoded body takes many times its
    bytes. Further ones wait their turn; a larger body is decoded alone."""
    max_large_answers: int = 256
    """Answers of more than 256 KiB that are sent at once, at most a fourth of them to one user. Further ones
    are answered with 503."""
    max_results_bytes: int = 64_000_000
    """Bytes of batches' results that wait for their readers. For further ones, the download that has waited
    longest is broken off. It can be resumed."""
    read_patience: timedelta = timedelta(seconds=30)
    """How long a reader may take nothing of an answer. After that, the answer is broken off and the
    connection closed."""
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    """Networks whose `X-Forwarded-For` is trusted, such as `10.0.0.0/8,fd00::/8`."""
    cors_origins: tuple[str, ...] = ()
    """Origins whose pages may call the API from a browser, such as `https://app.example.com`. `*`: any.
    Cookies are never allowed."""
    keep_alive: timedelta = timedelta(seconds=125)
    """How long an idle connection stays open. It must be longer than a proxy in front keeps it open (nginx
    and Amazon's ALB 60, Traefik 90, Caddy 120, Google's load balancers 620), so that the proxy is the one
    that closes it."""
    max_wait: timedelta = timedelta(seconds=60)
    """The longest time that `Prefer: wait` may hold an answer."""
    stream_comment_every: timedelta = timedelta(seconds=15)
    """A comment is sent after an event stream has been silent for this long. A proxy in front must wait
    longer for the next bytes."""
    stream_lifetime: timedelta = timedelta(hours=1)
    """How long an event stream stays open. Then it ends. The client connects again, its credential is checked
    again, and it misses nothing."""
    flight: int = 256
    """The most submits that share one transaction."""
    check_timeout: timedelta = timedelta(seconds=2)
    """How long each dependency may take to answer the readiness check."""

    def __post_init__(self) -> None:
        if min(self.max_body_bytes, self.max_values, self.max_large_answers, self.flight) < 1:
            raise ValueError("max_body_bytes, max_values, max_large_answers and flight must be at least 1")
        if min(self.max_decoding_bytes, self.max_results_bytes) < 1:
            raise ValueError("max_decoding_bytes and max_results_bytes must be at least 1")
        if self.read_patience < timedelta(seconds=1):
            raise ValueError("read_patience must be at least 1 second")
        if min(self.max_batch_file_bytes, self.max_gzip_ratio, self.max_batch_uploads) < 1:
            raise ValueError("max_batch_file_bytes, max_gzip_ratio and max_batch_uploads must be at least 1")
        if min(self.stream_comment_every, self.stream_lifetime) < timedelta(milliseconds=1):
            raise ValueError("stream_comment_every and stream_lifetime must be at least 0.001 seconds")
        if self.check_timeout < timedelta(milliseconds=1):
            raise ValueError("check_timeout must be at least 0.001 seconds")
        if min(self.max_model_file_bytes, self.max_table_bytes) < 1:
            raise ValueError("max_model_file_bytes and max_table_bytes must be at least 1")
        if self.max_intake_bytes < self.max_body_bytes:
            raise ValueError("max_intake_bytes must be at least max_body_bytes")
        if self.most_intake_of_one < self.max_body_bytes:
            raise ValueError("max_intake_bytes_per_address must be at least max_body_bytes")
        if self.base_path and (not self.base_path.startswith("/") or self.base_path.endswith("/")):
            raise ValueError("base_path must begin with a slash and must not end with one")
        for origin in self.cors_origins:
            if origin != "*" and not _ORIGIN.fullmatch(origin):
                raise ValueError(
                    f"cors_origins has {origin!r}; write an origin as browsers send it, in lower case and "
                    "without a path: https://app.example.com"
                )

    @property
    def most_intake_of_one(self) -> int:
        """Bytes of all large request bodies of one address in memory at once."""
        if self.max_intake_bytes_per_address is None:
            return max(self.max_intake_bytes // 2, self.max_body_bytes)
        return self.max_intake_bytes_per_address
