"""Logs an outage twice: when it begins and when it is over, not at each attempt in between."""

import logging


class Outage:
    def __init__(self, log: logging.Logger, doing: str) -> None:
        """`doing` is the activity that the outage interrupts, such as "publishing to RabbitMQ"."""
        self._log = log
        self._doing = doing
        self._lasts = False

    def begins(self, trouble: BaseException | str) -> None:
        if not self._lasts:
            why = str(trouble) or type(trouble).__name__
            self._log.warning("not %s, trying again: %s", self._doing, why)
        self._lasts = True

    def ends(self) -> None:
        if self._lasts:
            self._log.info("%s again", self._doing)
        self._lasts = False
