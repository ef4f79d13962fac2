"""The limit of messages per minute: a person above it is told once and then ignored until the minute ends."""

from dataclasses import dataclass

from cachetools import FIFOCache

WINDOW = 60.0
MOST_REMEMBERED = 10_000


@dataclass(slots=True)
class _Window:
    ends_at: float
    updates: int = 0
    newest: int = 0


class FloodGate:
    def __init__(self, most: int) -> None:
        """Accept at most `most` messages a minute from one chat; 0 is no limit."""
        self._most = most
        self._windows: FIFOCache[int, _Window] = FIFOCache(MOST_REMEMBERED)

    def wait(self, chat_id: int, update_id: int, at: float) -> tuple[int, bool]:
        """Count an update that was sent at the Unix time `at`; a repeated attempt counts once.

        Returns for how many seconds this chat is ignored (0: it is not), and whether to tell it so, which is
        True once per window. `at` is the time of sending, so that messages which waited for a stopped bot are
        not a flood. A button has no such time and counts as sent now.
        """
        window = self._windows.get(chat_id)
        if window is None or not window.ends_at - 2 * WINDOW <= at < window.ends_at:
            window = self._windows[chat_id] = _Window(at + WINDOW)
        if window.newest != update_id:
            window.newest = update_id
            window.updates += 1
        if not self._most or window.updates <= self._most:
            return 0, False
        return max(1, round(window.ends_at - at)), window.updates == self._most + 1
