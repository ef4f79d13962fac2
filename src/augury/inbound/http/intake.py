"""Limits the memory of all request bodies together."""

from litestar.types import HTTPReceiveMessage, Receive

from augury.inbound.http.problems import Refused
from augury.inbound.http.refusals import BUSY

SMALL = 65_536
"""Bodies up to this many bytes are always accepted, so that large ones cannot keep out small ones."""


class Intake:
    """Counts the bytes of large bodies, `most` at a time, from their arrival until `Share.release`."""

    def __init__(self, *, most: int) -> None:
        self.most = most
        self.taken = 0

    def share(self) -> "Share":
        """The share of one request."""
        return Share(self)


class Share:
    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._received = 0
        self._taken = 0

    def counted(self, receive: Receive) -> Receive:
        """`receive`, which raises a 503 if there is no memory for more of this body."""

        async def receive_counted() -> HTTPReceiveMessage:
            message = await receive()
            if message["type"] == "http.request":
                self._received += len(message["body"])
                if self._received > SMALL:
                    self._take()
            return message  # type: ignore[return-value]  # of HTTP it is

        return receive_counted

    def release(self) -> None:
        """Free the memory, because the request no longer needs its body."""
        self._intake.taken -= self._taken
        self._taken = 0

    def _take(self) -> None:
        more = self._received - self._taken
        if self._intake.taken + more > self._intake.most:
            raise Refused(BUSY, "Too many large requests are in progress. Try again in a moment.")
        self._intake.taken += more
        self._taken = self._received
