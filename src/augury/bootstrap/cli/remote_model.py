"""Sends a model file to a service that runs elsewhere, and waits for its check."""

import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from augury.bootstrap.cli.listing import say
from augury.bootstrap.cli.model_prices import prices_in_words
from augury.bootstrap.config import OperatorError
from augury.bootstrap.progress import OnStep, progress

TIMEOUT = 60.0
"""Seconds for one answer, or for sending one block of the file."""
LOOK_EVERY = 0.5
BLOCK = 1 << 18
CHECKING, REFUSED, READY = "checking", "refused", "ready"


def send_model(url: str, key: str, file: Path, asked: Mapping[str, object]) -> None:
    """Send the file, wait until a worker has checked it, and print the result. Raises `OperatorError`."""
    service = _Service(url, key)
    with file.open("rb") as opened:
        sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
    query = urlencode({name: each for name, each in {**asked, "sha256": sha256}.items() if each is not None})
    with progress(f"sending {file.name}") as on_step:
        size = file.stat().st_size
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        offer = service.call("POST", f"/admin/models?{query}", _blocks(file, size, on_step), headers)
    is_new = offer["state"] == CHECKING
    with progress(f"checking {offer['model']}"):
        while offer["state"] == CHECKING:
            time.sleep(LOOK_EVERY)
            offer = service.call("GET", f"/admin/models/{quote(offer['model'])}")
    if offer["state"] == REFUSED:
        raise OperatorError(f"The file cannot be served as a model: {offer['reason']}")
    _tell(offer, is_new=is_new)


def _tell(offer: Mapping[str, Any], *, is_new: bool) -> None:
    ref, facts = offer["model"], offer["facts"]
    prices = prices_in_words(facts["row_price"], facts["text_price"])
    said = f"added {ref}" if is_new else f"{ref} already has this file"
    features = ", ".join(facts["input_schema"]["properties"])
    say(f"{said}: {facts['task']}, {features}; {offer['state']}, {prices}")
    if is_new and offer["reason"]:
        say(f"warning: {offer['reason']}", err=True)
    if is_new and offer["state"] == READY:
        say(f"to activate it: augury model activate {ref} (on the server)", err=True)
        say(f'or: PATCH /admin/models/{ref} with {{"state": "active"}}', err=True)


def _blocks(file: Path, size: int, on_step: OnStep) -> Iterator[bytes]:
    with file.open("rb") as opened:
        sent = 0
        while block := opened.read(BLOCK):
            yield block
            sent += len(block)
            on_step(sent, size)


class _Service:
    """The API at an address, called with a key."""

    def __init__(self, url: str, key: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise OperatorError(f"--url must be an address such as https://augury.example.com, not {url!r}")
        self._is_encrypted = parts.scheme == "https"
        self._place = parts.netloc.rpartition("@")[2]
        self._base = parts.path.rstrip("/")
        self._headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}

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
