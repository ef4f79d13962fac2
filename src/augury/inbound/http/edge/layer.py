"""The outermost layer of every request: security headers, metrics, memory for its body and its answer."""

import asyncio
import logging
import time
from datetime import timedelta
from typing import Any, cast

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from augury.inbound.http.edge.intake import Intake, IntakeShare
from augury.inbound.http.edge.metrics import Metrics
from augury.inbound.http.protocol.encoded import BrokenOff, cause_of
from augury.inbound.http.protocol.rate_limit_headers import rate_limit_headers

SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
STRICTEST = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
"""For responses that are not pages. Pages set their own."""
_SHARE = "augury.share"
RATES = "augury.rates"
"""The key in a request's scope for the caller's request limits (`RateStatus`)."""
NO_STORE = (b"cache-control", b"no-store")
"""For every response that does not set its own, since it is for one caller at one time."""


PART = 65_536
"""Bytes of an answer that are handed to the server at once. It buffers no more than that for a slow
reader."""
log = logging.getLogger(__name__)


def edge(app: ASGIApp, metrics: Metrics, intake: Intake, *, patience: timedelta) -> ASGIApp:
    """Wrap the application's outermost handler. If a reader takes nothing of a large answer for `patience`,
    its connection is closed."""

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        began = time.perf_counter()
        share = intake.share(scope)
        cast("dict[str, Any]", scope)[_SHARE] = share

        is_large = False

        async def send_with_headers(message: Message) -> None:
            nonlocal is_large
            if message["type"] == "http.response.start":
                headers = cast("list[tuple[bytes, bytes]]", message["headers"])
                names = [name for name, _ in headers]
                headers += SECURITY_HEADERS
                headers += [each for each in (STRICTEST, NO_STORE) if each[0] not in names]
                known = cast("dict[str, Any]", scope)
                if rates := known.get(RATES):
                    headers += rate_limit_headers(rates)
                route = known.get("path_template") or "unmatched"
                metrics.answered(route, scope["method"], message["status"], time.perf_counter() - began)
            elif is_large or message.get("more_body") or len(cast("bytes", message.get("body", b""))) > PART:
                is_large = True
                await _sent_in_parts(message, send, patience.total_seconds())
                return
            await send(message)

        try:
            await app(scope, share.counted(receive), send_with_headers)
        except Exception as error:
            reason = cause_of(error, BrokenOff)
            if reason is None:
                raise
            log.info("%s %s was broken off: %s", scope["method"], scope["path"], reason)
        finally:
            share.release()

    return handle


async def _sent_in_parts(message: Message, send: Send, seconds: float) -> None:
    """Send a large body as the reader takes it. Raises `BrokenOff`."""
    whole = cast("dict[str, Any]", message)
    body: bytes = whole.get("body", b"")
    for begin in range(0, max(1, len(body)), PART):
        more = bool(whole.get("more_body")) or begin + PART < len(body)
        try:
            async with asyncio.timeout(seconds):
                await send(cast("Message", {**whole, "body": body[begin : begin + PART], "more_body": more}))
        except TimeoutError:
            raise BrokenOff("its reader has stopped reading") from None
        await asyncio.sleep(0)  # the server writes, and notices that its buffer is full


def share_of(scope: Scope) -> IntakeShare:
    """This request's share of the intake."""
    share: IntakeShare = cast("dict[str, Any]", scope)[_SHARE]
    return share
