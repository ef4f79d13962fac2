"""How much of all request bodies together may be in memory."""

from litestar.types import HTTPReceiveMessage, Receive

from augury.inbound.http.problem_kinds import BUSY
from augury.inbound.http.problems import Refused

SMALL = 65_536
"""Bytes of a body that always find room: whoever sends large ones must not keep out the small."""


class Intake:
    """Counts the bytes of large bodies, `most` at a time, from their arrival until `Share.release`."""

    def __init__(self, *, most: int) -> None:
        self.most = most
        self.taken = 0

    def share(self) -> "Share":
        """What one request has of it."""
        return Share(self)


class Share:
    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._received = 0
        self._taken = 0

    def counted(self, receive: Receive) -> Receive:
        """`receive`, but it raises a 503 where there is no room for more of this body."""

        async def receive_counted() -> HTTPReceiveMessage:
            message = await receive()
            if message["type"] == "http.request":
                self._received += len(message["body"])
                if self._received > SMALL:
                    self._take()
            return message  # type: ignore[return-value]  # of HTTP it is

        return receive_counted

    def release(self) -> None:
        """The request needs its body no more."""
        self._intake.taken -= self._taken
        self._taken = 0

    def _take(self) -> None:
        more = self._received - self._taken
        if self._intake.taken + more > self._intake.most:
            raise Refused(BUSY, "Too many large requests are under way: try again in a moment.")
        self._intake.taken += more
        self._taken = self._received
