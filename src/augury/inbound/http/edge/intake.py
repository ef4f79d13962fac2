"""Limits the memory of all request bodies together, and of those from one address."""

from collections import Counter
from collections.abc import Callable, Sequence

from litestar.types import HTTPReceiveMessage, Receive, Scope

from augury.concurrency.room import Room
from augury.inbound.http.edge.address import Network, place_of
from augury.inbound.http.edge.connections import Limit
from augury.inbound.http.problems.documents import Refused
from augury.inbound.http.problems.refusals import BUSY, TOO_MANY_REQUESTS

SMALL = 65_536
"""Bodies up to this many bytes are always accepted, so that large ones cannot keep out small ones."""


class Intake:
    """Counts the bytes of large bodies from their arrival until `IntakeShare.release`: at most `most` at a
    time, and at most `most_of_one` from one address, so that one address cannot use up the room for all.

    At most `most_decoded` of these bytes are decoded and handled at a time, because a decoded body takes many
    times its bytes. The other bodies wait undecoded.
    """

    def __init__(
        self,
        *,
        most: int,
        most_of_one: int,
        most_decoded: int,
        trusted: Sequence[Network] = (),
        limited: Callable[[Limit], None] = lambda _: None,
    ) -> None:
        self.taken = 0
        self.decoding = Room(most_decoded)
        self._most = most
        self._most_of_one = most_of_one
        self._trusted = trusted
        self._limited = limited
        self._of_each: Counter[str] = Counter()

    def share(self, scope: Scope) -> "IntakeShare":
        """The share of one request."""
        return IntakeShare(self, scope)

    def place(self, scope: Scope) -> str:
        return place_of(scope, self._trusted)

    def take(self, place: str, size: int) -> None:
        """Raises a 429 or a 503 if there is no room for so many more bytes."""
        if self._of_each[place] + size > self._most_of_one:
            self._limited(Limit.INTAKE_OF_ADDRESS)
            raise Refused(
                TOO_MANY_REQUESTS,
                "Too many large requests from your address are in progress. Try again in a moment.",
            )
        if self.taken + size > self._most:
            self._limited(Limit.INTAKE)
            raise Refused(BUSY, "Too many large requests are in progress. Try again in a moment.")
        self.taken += size
        self._of_each[place] += size

    def give_back(self, place: str, size: int) -> None:
        self.taken -= size
        self._of_each[place] -= size
        if not self._of_each[place]:
            del self._of_each[place]


class IntakeShare:
    """What one request takes of the intake."""

    def __init__(self, intake: Intake, scope: Scope) -> None:
        self._intake = intake
        self._scope = scope
        self._place = ""
        self._received = 0
        self._taken = 0
        self._decoding = 0
        self._is_streamed = False

    def counted(self, receive: Receive) -> Receive:
        """`receive`, which raises a refusal if there is no memory for more of this body. The last part of a
        large body is passed on when it is this request's turn to decode it."""

        async def receive_counted() -> HTTPReceiveMessage:
            message = await receive()
            if message["type"] == "http.request" and not self._is_streamed:
                self._received += len(message["body"])
                if self._received > SMALL:
                    self._take()
                    if not message["more_body"] and not self._decoding:
                        self._decoding = await self._intake.decoding.enter(self._received)
            return message  # type: ignore[return-value]  # an HTTP message

        return receive_counted

    def stream(self) -> None:
        """Count no more of this body, which is not kept in memory as a whole."""
        self._is_streamed = True

    def release(self) -> None:
        """Free the memory, because the request no longer needs its body."""
        if self._decoding:
            self._intake.decoding.leave(self._decoding)
            self._decoding = 0
        if self._taken:
            self._intake.give_back(self._place, self._taken)
            self._taken = 0

    def _take(self) -> None:
        if not self._place:
            self._place = self._intake.place(self._scope)
        more = self._received - self._taken
        self._intake.take(self._place, more)
        self._taken = self._received
