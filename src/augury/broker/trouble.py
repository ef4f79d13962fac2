"""Connection errors of the broker, for publishers and consumers, and their wording."""

from urllib.parse import urlsplit

from aio_pika.exceptions import CONNECTION_EXCEPTIONS
from aiormq.exceptions import InvalidFrameError

TROUBLE = (*CONNECTION_EXCEPTIONS, TimeoutError)
"""Raised if the broker cannot be reached, does not answer, or refuses."""


def host_of(url: str) -> str:
    """The URL's host and port, which may be logged: they contain no password."""
    return urlsplit(url).netloc.rpartition("@")[2] or "localhost"


def why(error: BaseException) -> str:
    """What went wrong, in one line. `error` is one of `TROUBLE`."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, InvalidFrameError) and "Connection.Close" in str(error):  # aiormq drops the reason
        return "the virtual host is refused: it does not exist, or the user may not use it"
    return " ".join(str(error).split()) or type(error).__name__


def told(error: BaseException, url: str) -> str:
    """The host and what went wrong there, in one line."""
    return f"{host_of(url)}: {why(error)}"
