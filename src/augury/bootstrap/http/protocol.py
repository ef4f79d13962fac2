"""HTTP/1.1 on one connection: uvicorn's protocol, with limits. docs/adr/0011 says why it is our own."""

import asyncio
from typing import Any, cast

import httptools
from typing_extensions import override

from augury.bootstrap.http.framing import FramedProtocol
from augury.bootstrap.http.transport import OneWrite
from augury.inbound.http.edge.connections import Connections, Limit, Peer
from augury.inbound.http.edge.intake import SMALL
from augury.inbound.http.edge.turned_away import turned_away

LINGER = 2.0
"""Seconds during which bytes that arrive after a refusal are read and dropped. Closing a connection with
unread bytes resets it, and the caller might never see the refusal."""
MARGIN = 1.0
"""Seconds for the application to break off a large answer on its own, which also ends the work on it."""
DISCARDING = 30.0
"""Seconds for the rest of a body after its request was answered."""


class LimitedProtocol(FramedProtocol):
    """Adds limits to uvicorn's protocol, which limits only the idle time between two requests.

    One timer watches what the caller owes: a head, or the rest of a body. It is set only if a request does
    not arrive at once, so that most requests do not pay for it.
    """

    def __init__(self, *, limited: Connections, **given: Any) -> None:  # noqa: ANN401  # uvicorn's own
        super().__init__(most_head_bytes=limited.settings.max_head_bytes, **given)
        self._limited = limited
        self._limits = limited.settings
        self._patience = limited.patience.total_seconds()
        self._peer: Peer | None = None
        self._body = 0
        """Bytes received of the unfinished body, including other bytes that arrived with its beginning and
        end."""
        self._in_window = 0
        self._was_held = False
        """Whether the caller was not allowed to send for a part of the window."""
        self._sender: str | None = None
        """The sender for whom the body is counted as an upload."""
        self._drop_until = 0.0
        """The loop time by which the rest of the body must have arrived if its request is already
        answered."""
        self._due = 0.0
        """The loop time by which the head or the next part of the body must have arrived. 0: nothing is
        owed."""
        self._watch: asyncio.TimerHandle | None = None
        """The timer for `_due`. It keeps running when nothing is owed, since a new timer costs more."""
        self._unread: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # a stub says BaseTransport
        wrapped = OneWrite(transport, self._patience)
        super().connection_made(cast("asyncio.Transport", wrapped))
        self._peer = self._limited.enter(self.client[0] if self.client else None)
        if self._limited.is_overrun(self._peer):
            self._limited.refused(Limit.CONNECTIONS)
            self.transport.abort()
        elif self._limited.is_full_for(self._peer):
            self._refuse(Limit.CONNECTIONS_OF_ADDRESS)
        elif self._limited.is_full() and not self._limited.make_room():
            self._refuse(Limit.CONNECTIONS)
        else:
            self._owe(self._limits.head_timeout.total_seconds())

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._peer is not None:
            self._limited.leave(self._peer)
            self._peer = None
        self._limited.idle.pop(self, None)
        self._unset_keepalive_if_required()
        self.nothing_owed()
        for timer in (self._watch, self._unread):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def close(self) -> None:
        self.transport.close()

    @override
    def data_received(self, data: bytes) -> None:
        if self.refused is not None:
            return
        self._unset_keepalive_if_required()
        self._limited.idle.pop(self, None)
        try:
            self.parse(data)
        except httptools.HttpParserError:
            self._refuse(self.refused or Limit.SYNTAX)
            return
        if self.in_head:
            self._await_head()
        elif self.in_body:
            self._await_body(len(data))
        elif self.cycle is not None and self.cycle.response_complete:
            self._be_idle()

    def _await_head(self) -> None:
        if not self._due:
            self._owe(self._limits.head_timeout.total_seconds())

    def _owe(self, seconds: float) -> None:
        self._due = self.loop.time() + seconds
        if self._watch is not None and self._watch.when() > self._due:
            self._watch.cancel()
            self._watch = None
        if self._watch is None:
            self._watch = self.loop.call_later(seconds, self._look)

    def _look(self) -> None:
        self._watch = None
        if not self._due:
            return
        if (early := self._due - self.loop.time()) > 0:
            self._watch = self.loop.call_later(early, self._look)
            return
        self._due = 0.0
        if self.in_body:
            self._end_window()
        else:
            self._head_is_late()

    def _head_is_late(self) -> None:
        if self.in_head:
            self._refuse(Limit.HEAD_TIME)
        else:  # nothing was sent: browsers open some connections in advance
            self.close()

    def _await_body(self, arrived: int) -> None:
        self._body += arrived
        self._in_window += arrived
        if self.flow.read_paused:
            self._was_held = True
        if self._body > SMALL and self._sender is None and not self.cycle.response_complete:
            self._begin_upload()
        if not self._due and self.refused is None:
            self._begin_window()

    def _begin_upload(self) -> None:
        assert self._peer is not None
        sender = self._limited.sender(self._peer, self.headers)
        limit = self._limited.begin_upload(sender)
        if limit is None:
            self._sender = sender
        else:
            self._refuse(limit)

    def _begin_window(self) -> None:
        self._in_window = 0
        self._was_held = self._is_held()
        self._owe(self._limits.body_window.total_seconds())

    def _end_window(self) -> None:
        least = self._limits.min_body_rate * self._limits.body_window.total_seconds()
        if self.cycle.response_complete and self.loop.time() > self._drop_until:
            self.close()
        elif self._in_window >= max(least, 1) or self._was_held or self._is_held():
            self._begin_window()
        else:
            self._refuse(Limit.BODY_RATE)

    def _is_held(self) -> bool:
        """Whether the caller has to wait, because the application takes no more or has not yet asked."""
        return self.flow.read_paused or self.cycle.waiting_for_100_continue

    @override
    def nothing_owed(self) -> None:
        self._body = 0
        self._due = 0.0
        if self._sender is not None:
            self._limited.end_upload(self._sender)
            self._sender = None

    @override
    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            return
        if self.in_body and self.cycle.response_complete:  # the rest of the body is read and dropped
            self._unset_keepalive_if_required()
            self._drop_until = self.loop.time() + DISCARDING
        elif self.timeout_keep_alive_task is not None and not self.in_head:
            self._limited.idle[self] = None

    def _be_idle(self) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )
        self._limited.idle[self] = None

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(self._patience + MARGIN, self._reader_is_late)

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _reader_is_late(self) -> None:
        self._limited.refused(Limit.READ_PATIENCE)
        self.transport.abort()

    def _refuse(self, limit: Limit) -> None:
        """Stop reading and end the connection, with an answer if it is this request's turn."""
        self._limited.refused(limit)
        self.refused = limit
        self.nothing_owed()
        is_answered = self.cycle is None or self.cycle.response_complete
        if not is_answered and not self.in_body:  # earlier requests, which are whole, are answered first
            self.cycle.keep_alive = False
        elif not is_answered and (self.pipeline or self.cycle.response_started):
            self.transport.abort()
        elif is_answered and self.in_body:
            self.close()
        else:
            self._answer(limit)

    def _answer(self, limit: Limit) -> None:
        if self.cycle is not None:  # the application gets no more of the body, and its answer goes nowhere
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.flow.resume_reading()
        self.transport.write(turned_away(limit, self.server_state.default_headers, self.url))
        self.transport.write_eof()
        self.loop.call_later(LINGER, self.close)
