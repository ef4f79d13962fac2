"""What the pages need to know about a request, and the room of the API knows."""

from collections.abc import Callable
from dataclasses import dataclass

from litestar.types import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    base_path: str
    """The path under which callers find the service behind a proxy, without a slash at the end."""
    place: Callable[[Scope], str]
    """The network that a request came from. It identifies guests, and attempts are counted for it."""
    streams: Callable[[Scope], None]
    """Called for a request whose body is read as a stream, and is never in memory as a whole."""
