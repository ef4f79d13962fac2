"""Parses the hosts of a setting: one broker, or the nodes of a cluster, which are tried in turn."""

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar
from urllib.parse import urlsplit

from augury.broker.trouble import told

SCHEMES = ("amqp://", "amqps://")
_URL = re.compile(r"(?P<before>amqps?://(?:[^/?#]*@)?)(?P<hosts>[^/?#]*)(?P<after>.*)", re.DOTALL)
_HOST = re.compile(r"(?P<name>\[[^\]]*\]|[^:]*)(?P<port>:.*)?", re.DOTALL)
Result = TypeVar("Result")


def urls_of(text: str) -> tuple[str, ...]:
    """One URL for each host of `amqp://user:password@a,b:5672/vhost`, or of several such URLs.

    Hosts and URLs are separated by commas. A host without a port gets the port of the last host of its URL.
    Raises `ValueError` with a text about `url`.
    """
    urls = re.split(r",\s*(?=amqps?://)", text.strip())
    return tuple(one for url in urls for one in _one_for_each_host(url))


async def first_that_answers(
    urls: Sequence[str], connect: Callable[[str], Awaitable[Result]], *, trouble: tuple[type[Exception], ...]
) -> Result:
    """Connect to the first URL that works. Raises `ConnectionError` with each host's trouble if none does."""
    said: list[str] = []
    for url in urls:
        try:
            return await connect(url)
        except trouble as error:
            said.append(told(error, url))
    raise ConnectionError("; ".join(said))


def _one_for_each_host(url: str) -> list[str]:
    parts = _URL.fullmatch(url)
    if parts is None:
        raise ValueError(f"url must begin with {' or '.join(SCHEMES)}")
    hosts = [_host_and_port(each.strip()) for each in parts["hosts"].split(",")]
    if len(hosts) > 1 and not all(host for host, _ in hosts):
        raise ValueError("url must name a host between two commas")
    _, last_port = hosts[-1]
    urls = [f"{parts['before']}{host}{port or last_port}{parts['after']}" for host, port in hosts]
    for each in urls:
        _check_host(each)
    return urls


def _host_and_port(text: str) -> tuple[str, str]:
    """The host, and the port with its colon or ""."""
    parts = _HOST.fullmatch(text)
    return (parts["name"], parts["port"] or "") if parts else (text, "")


def _check_host(url: str) -> None:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # raises for an invalid port number
        host = (parts.hostname or "").encode("idna")  # as a resolver encodes it
    except ValueError:
        host = b""
    if not host or b" " in host:
        raise ValueError("url must name a host, or a host and a port number")
