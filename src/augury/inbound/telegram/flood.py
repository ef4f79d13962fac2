"""Who sends too much is told once, and then passed over for a while."""

from dataclasses import dataclass

WINDOW = 60.0
MOST_REMEMBERED = 10_000


@dataclass(slots=True)
class _Window:
    ends_at: float
    updates: int = 0
    newest: int = 0


class FloodGate:
    def __init__(self, most: int) -> None:
        """`most` messages a minute from one chat; 0: as many as they like."""
        self._most = most
        self._windows: dict[int, _Window] = {}

    def wait(self, chat_id: int, update_id: int, at: float) -> tuple[int, bool]:
        """Count an update that was sent `at` that time, once however often it is tried: for how many seconds
        this chat is passed over (0: it is not), and whether it must be told, which is the case once a window.

        The time is the sender's, so that what waited for a bot that was away is no flood. A button's is now:
        what was sent long before it is not counted with it.
        """
        window = self._windows.get(chat_id)
        if window is None or not window.ends_at - 2 * WINDOW <= at < window.ends_at:
            self._windows.pop(chat_id, None)
            if len(self._windows) >= MOST_REMEMBERED:
                del self._windows[next(iter(self._windows))]
            window = self._windows[chat_id] = _Window(at + WINDOW)
        if window.newest != update_id:
            window.newest = update_id
            window.updates += 1
        if not self._most or window.updates <= self._most:
            return 0, False
        return max(1, round(window.ends_at - at)), window.updates == self._most + 1
