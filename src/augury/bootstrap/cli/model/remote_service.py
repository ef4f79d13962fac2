"""The API of a service that runs elsewhere."""

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from augury.bootstrap.cli.options import checked_key
from augury.bootstrap.config import OperatorError
from augury.bootstrap.progress import OnStep

TIMEOUT = 60.0
"""Seconds for one answer, or for sending one block of the file."""
BLOCK = 1 << 18


def blocks(file: Path, size: int, on_step: OnStep) -> Iterator[bytes]:
    with file.open("rb") as opened:
        sent = 0
        while block := opened.read(BLOCK):
            yield block
            sent += len(block)
            on_step(sent, size)


class Service:
    """The API at an address, called with a key."""

    def __init__(self, url: str, key: str) -> None:
        """Raises `OperatorError` if the URL is not an address, or the key cannot be one."""
        if not _is_address(url):
            raise OperatorError(f"--url must be an address such as https://augury.example.com, not {url!r}")
        parts = urlsplit(url)
        self._is_encrypted = parts.scheme == "https"
        self._place = parts.netloc.rpartition("@")[2]
        self._base = parts.path.rstrip("/")
        self._headers = {"Authorization": f"Bearer {checked_key(key)}", "Accept": "application/json"}

    def _connect(self) -> HTTPConnection:
        if self._is_encrypted:
            return HTTPSConnection(self._place, timeout=TIMEOUT)
        return HTTPConnection(self._place, timeout=TIMEOUT)

    def call(
        self,
        method: str,
        path: str,
        body: Iterator[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        try:
            with closing(self._connect()) as connection:
                connection.request(method, self._base + path, body, {**self._headers, **(headers or {})})
                response = connection.getresponse()
                answer = response.read()
        except (BrokenPipeError, ConnectionResetError) as error:
            raise OperatorError(
                "the service closed the connection: it, or a proxy in front, may not accept such a large file"
            ) from error
        except (OSError, HTTPException) as error:
            raise OperatorError(f"the service cannot be reached: {error}") from error
        return _decoded(response.status, answer)


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _ = (parts.hostname or "").encode("idna"), parts.port  # as the connection will do
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(host)


def _decoded(status: int, answer: bytes) -> dict[str, Any]:
    try:
        found = json.loads(answer)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise OperatorError(f"the service answered {status} without JSON: is the address right?")
    if status >= 300:
        raise OperatorError(f"the service answered {status}: {found.get('detail') or found.get('title')}")
    return found
