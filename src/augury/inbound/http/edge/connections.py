"""Limits of connections: how many there are, how long they may take, how much of a request is read."""

from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from augury.inbound.http.edge.address import Network, client_address, forwarded_for, is_trusted, neighbourhood

TOLD = 64
"""Connections beyond the limit that get a refusal. Further ones are closed without an answer."""
_INSTANT = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionSettings:
    """The limits of the API's own HTTP server and their defaults."""

    max_connections: int = 4_096
    """Open connections of one API process. When all are taken, the one that has been idle longest is closed
    for a new one; if none is idle, the new one is answered with 503. The process needs as many file
    descriptors; with fewer, its limit is lower."""
    max_connections_per_address: int = 512
    """Open connections of one address (IPv4 address or IPv6 /64). A further one is answered with 429. It does
    not apply to `AUGURY_TRUSTED_PROXIES`, whose connections carry the requests of many."""
    max_head_bytes: int = 32_768
    """The largest request line with headers. A larger one is answered with 431, or with 414 if the URL alone
    is larger."""
    head_timeout: timedelta = timedelta(seconds=10)
    """How long the head of a request may take to arrive, also the first one of a new connection. After that,
    the answer is 408."""
    min_body_rate: int = 2_000
    """The minimum rate of an upload, in bytes per second. A slower one is answered with 408, and its memory
    is freed. Times during which the API takes no more do not count."""
    body_window: timedelta = timedelta(seconds=5)
    """The time over which `min_body_rate` is measured: a stalled upload ends after this time."""
    max_uploads: int = 1_024
    """Request bodies of more than 65,536 bytes that one API process receives at once. A further one is
    answered with 503. `AUGURY_MAX_INTAKE_BYTES` limits their memory."""
    max_uploads_per_address: int = 128
    """Such bodies from one address at once. A further one is answered with 429. Behind
    `AUGURY_TRUSTED_PROXIES`, the forwarded address counts."""

    def __post_init__(self) -> None:
        if min(self.max_connections, self.max_connections_per_address) < 1:
            raise ValueError("max_connections and max_connections_per_address must be at least 1")
        if min(self.max_uploads, self.max_uploads_per_address) < 1:
            raise ValueError("max_uploads and max_uploads_per_address must be at least 1")
        if self.max_head_bytes < 256:
            raise ValueError("max_head_bytes must be at least 256")
        if min(self.head_timeout, self.body_window) < _INSTANT:
            raise ValueError("head_timeout and body_window must be at least 0.001 seconds")


class Limit(StrEnum):
    """The limits at which something is refused or ended, as `/metrics` names them."""

    CONNECTIONS = "connections"
    CONNECTIONS_OF_ADDRESS = "connections_per_address"
    URI_BYTES = "uri_bytes"
    HEAD_BYTES = "head_bytes"
    HEAD_TIME = "head_time"
    BODY_RATE = "body_rate"
    UPLOADS = "uploads"
    UPLOADS_OF_ADDRESS = "uploads_per_address"
    INTAKE = "intake_bytes"
    INTAKE_OF_ADDRESS = "intake_bytes_per_address"
    READ_PATIENCE = "read_patience"
    PIPELINE = "pipeline"
    SYNTAX = "syntax"


class Idle(Protocol):
    """A connection between two requests."""

    @abstractmethod
    def close(self) -> None: ...


class Connections:
    """Counts the open connections and the bodies under way, in all and by address.

    `patience` is how long a reader may take nothing of an answer. `refused` is called with each limit at
    which something was refused or ended.
    """

    def __init__(
        self,
        settings: ConnectionSettings,
        *,
        patience: timedelta = timedelta(seconds=30),
        trusted: Sequence[Network] = (),
        refused: Callable[[Limit], None] = lambda _: None,
    ) -> None:
        self.settings = settings
        self.patience = patience
        self.refused = refused
        self._trusted = trusted
        self._open: Counter[str] = Counter()
        self._uploads: Counter[str] = Counter()
        self.open = 0
        self.uploads = 0
        self.idle: dict[Idle, None] = {}
        """The connections between two requests, the one that has been idle longest first."""

    def enter(self, peer: str | None) -> "Peer":
        """Count a new connection. The caller must `leave` with the result, also if there was no room."""
        address = client_address(peer, (), ())
        known = Peer(peer, neighbourhood(address), address is not None and is_trusted(address, self._trusted))
        self.open += 1
        self._open[known.place] += 1
        return known

    def leave(self, peer: "Peer") -> None:
        self.open -= 1
        _discount(self._open, peer.place)

    def is_full(self) -> bool:
        return self.open > self.settings.max_connections

    def is_overrun(self, peer: "Peer") -> bool:
        """Whether `peer` must be closed without an answer, because too many connections beyond the limit are
        open."""
        own = 0 if peer.is_proxy else self._open[peer.place] - self.settings.max_connections_per_address
        return max(own, self.open - self.settings.max_connections) > TOLD

    def make_room(self) -> bool:
        """Close the connection that has been idle longest. False if none is idle."""
        longest = next(iter(self.idle), None)
        if longest is None:
            return False
        del self.idle[longest]
        longest.close()
        return True

    def is_full_for(self, peer: "Peer") -> bool:
        if peer.is_proxy:
            return False
        return self._open[peer.place] > self.settings.max_connections_per_address

    def sender(self, peer: "Peer", headers: Iterable[tuple[bytes, bytes]]) -> str:
        """The address for which the upload counts: the forwarded one if `peer` is a trusted proxy."""
        if not peer.is_proxy:
            return peer.place
        return neighbourhood(client_address(peer.host, forwarded_for(headers), self._trusted))

    def begin_upload(self, place: str) -> Limit | None:
        """Count a body from `place`. If a limit is reached, returns that limit and does not count the
        body."""
        if self.uploads >= self.settings.max_uploads:
            return Limit.UPLOADS
        if self._uploads[place] >= self.settings.max_uploads_per_address:
            return Limit.UPLOADS_OF_ADDRESS
        self.uploads += 1
        self._uploads[place] += 1
        return None

    def end_upload(self, place: str) -> None:
        self.uploads -= 1
        _discount(self._uploads, place)


@dataclass(frozen=True, slots=True)
class Peer:
    """The other end of a connection."""

    host: str | None
    """Its address. None for a Unix socket."""
    place: str
    """Its neighbourhood, for which connections are counted."""
    is_proxy: bool
    """Whether it is trusted to name the address for which it forwards a request."""


def _discount(counts: Counter[str], place: str) -> None:
    counts[place] -= 1
    if not counts[place]:
        del counts[place]  # otherwise every address ever seen would stay
