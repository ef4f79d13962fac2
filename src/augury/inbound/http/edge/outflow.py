"""Limits the large answers that are sent at the same time."""

from collections import Counter
from collections.abc import Callable

from augury.domain.identifiers import UserId
from augury.inbound.http.problems.documents import Refused
from augury.inbound.http.problems.refusals import BUSY

MOST_OF_ONE = 0.25
"""The part of all places that one user may take, so that no slow reader keeps out the others."""


class Outflow:
    """Counts large answers, `most` at a time, from their first byte to their last."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._by_user: Counter[UserId] = Counter()

    @property
    def under_way(self) -> int:
        return self._by_user.total()

    def begin(self, user_id: UserId) -> Callable[[], None]:
        """Take a place. Returns the function that gives it back. Raises a 503 if there is none."""
        if self.under_way >= self._most or self._by_user[user_id] >= max(1, int(self._most * MOST_OF_ONE)):
            raise Refused(BUSY, "Too many large answers are being read. Try again in a moment.")
        self._by_user[user_id] += 1
        return lambda: self._end(user_id)

    def _end(self, user_id: UserId) -> None:
        self._by_user[user_id] -= 1
        self._by_user += Counter()  # removes users without any
