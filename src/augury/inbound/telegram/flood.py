"""Who sends too much is told once, and then passed over for a while."""

import time
from collections.abc import Callable
from dataclasses import dataclass

WINDOW = 60.0
MOST_REMEMBERED = 10_000


@dataclass(slots=True)
class _Window:
    ends_at: float
    messages: int = 0


class FloodGate:
    def __init__(self, most: int, now: Callable[[], float] = time.monotonic) -> None:
        """`most` messages a minute from one chat; 0: as many as they like."""
        self._most = most
        self._now = now
        self._windows: dict[int, _Window] = {}

    def wait(self, chat_id: int) -> tuple[int, bool]:
        """Count one message: for how many seconds this chat is passed over (0: it is not), and whether it
        must be told, which is the case once a window."""
        now = self._now()
        window = self._windows.get(chat_id)
        if window is None or window.ends_at <= now:
            self._windows.pop(chat_id, None)
            if len(self._windows) >= MOST_REMEMBERED:
                del self._windows[next(iter(self._windows))]
            window = self._windows[chat_id] = _Window(now + WINDOW)
        window.messages += 1
        if not self._most or window.messages <= self._most:
            return 0, False
        return max(1, round(window.ends_at - now)), window.messages == self._most + 1
