"""Logs an outage when it begins and when it is over, not at each attempt in between."""

import logging


class Outage:
    def __init__(self, log: logging.Logger, doing: str) -> None:
        """`doing` is the activity that the outage interrupts, such as "publishing to RabbitMQ"."""
        self._log = log
        self._doing = doing
        self._met: set[str] = set()

    def begins(self, trouble: BaseException | str, *, at: str = "") -> None:
        """Log the outage once for each `at`, such as a host: another host may fail for another reason."""
        if at not in self._met:
            why = str(trouble) or type(trouble).__name__
            self._log.warning("not %s, trying again: %s", self._doing, why)
        self._met.add(at)

    def ends(self) -> None:
        if self._met:
            self._log.info("%s again", self._doing)
        self._met.clear()
