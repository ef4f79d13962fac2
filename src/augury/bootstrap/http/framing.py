"""Finds where requests begin and end on one connection: uvicorn's protocol, with limits on heads and
framing."""

from abc import abstractmethod
from typing import Any

import httptools
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from augury.inbound.http.edge.connections import Limit

MOST_PIPELINED = 64
"""Requests on one connection that wait for earlier answers. One more closes the connection."""


class FramedProtocol(HttpToolsProtocol):
    """Corrects uvicorn's protocol, which limits neither heads nor the bytes around the chunks of a body, and
    loses the body of a request that offers another protocol."""

    def __init__(self, *, most_head_bytes: int, **given: Any) -> None:  # noqa: ANN401  # uvicorn's own
        super().__init__(**given)
        self.url = b""
        """That of the last request. Empty before the first."""
        self.in_head = False
        self.in_body = False
        self.refused: Limit | None = None
        """The limit that this connection exceeded. Nothing more is read from it then."""
        self._most_head_bytes = most_head_bytes
        self._offers_upgrade = False
        self._arrived = 0
        """Bytes that are being parsed."""
        self._at_start = True
        """Whether the next head begins with these bytes."""
        self._head = 0
        """Bytes received with the unfinished head, including those before it."""
        self._in_front = 0
        """The most of these bytes that can belong to an earlier request."""
        self._framing = 0
        """Bytes received since the last content of the body: sizes of chunks, and trailers."""
        self._trailer = 0

    @abstractmethod
    def nothing_owed(self) -> None:
        """Called when a head or a body has arrived."""

    def parse(self, data: bytes) -> None:
        """Raises `HttpParserError`, for the limit in `refused` if there is one.

        An offer to change the protocol is declined, as HTTP allows: the head is parsed again without it. The
        parser takes everything after such a head for the other protocol, so the body would get lost or be
        read as another request.
        """
        self._arrived = len(data)
        self._at_start = not (self.in_head or self.in_body)
        if self.in_head:
            self._head += len(data)
        elif self.in_body:
            self._framing += len(data)
        while True:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as offered:
                data = self._head_without_upgrade() + data[offered.args[0] :]
                self._offers_upgrade = False
                self.parser = httptools.HttpRequestParser(self)
                self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn sets it
            else:
                break
        if self.in_head and self._head - self._in_front > self._most_head_bytes:
            is_uri = len(self.url) > self._most_head_bytes
            self._stop_parsing(Limit.URI_BYTES if is_uri else Limit.HEAD_BYTES)
        if self.in_body and self._framing > self._most_head_bytes:
            self._stop_parsing(Limit.HEAD_BYTES)

    def _head_without_upgrade(self) -> bytes:
        method = self.parser.get_method()
        if method == b"CONNECT":  # it would itself change the protocol
            raise httptools.HttpParserError
        first = b"%s %s HTTP/%s\r\n" % (method, self.url, self.parser.get_http_version().encode())
        lines = [b"%s: %s\r\n" % line for line in self.headers if line[0] != b"upgrade"]
        return b"".join([first, *lines, b"\r\n"])

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.in_head = True
        self._head = self._arrived
        self._in_front = 0 if self._at_start else self._arrived
        self._at_start = False

    @override
    def on_header(self, name: bytes, value: bytes) -> None:
        """Does not call the inherited method, to save time. Drops trailers, so that they cannot change the
        head after its check."""
        if self.in_body:
            self._trailer += len(name) + len(value)
            if self._trailer > self._most_head_bytes:
                self._stop_parsing(Limit.HEAD_BYTES)
            return
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    @override
    def on_headers_complete(self) -> None:
        self.in_head = False
        self.nothing_owed()
        if self._head > self._most_head_bytes:
            self._check_head()
        if self.parser.should_upgrade():
            self._offers_upgrade = True
            return
        if len(self.pipeline) >= MOST_PIPELINED:
            self._stop_parsing(Limit.PIPELINE)
        super().on_headers_complete()
        self.in_body = True
        self._framing = self._trailer = 0
        if self.expect_100_continue:  # the caller may skip the body: what follows is unclear
            self.cycle.keep_alive = False

    @override
    def on_body(self, body: bytes) -> None:
        self._framing = 0
        super().on_body(body)

    @override
    def on_message_complete(self) -> None:
        if self._offers_upgrade:
            return
        self.in_body = False
        self.nothing_owed()
        super().on_message_complete()

    def _check_head(self) -> None:
        """Check the exact size of a head that may be too large."""
        most = self._most_head_bytes
        if len(self.url) > most:
            self._stop_parsing(Limit.URI_BYTES)
        if len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) > most:
            self._stop_parsing(Limit.HEAD_BYTES)

    def _stop_parsing(self, limit: Limit) -> None:
        self.refused = limit
        raise httptools.HttpParserError
