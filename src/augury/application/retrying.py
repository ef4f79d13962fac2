"""Run a transaction again when it lost against another one."""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from augury.application.ports import Conflict

MOST_TRIES = 3
Answer = TypeVar("Answer")
log = logging.getLogger(__name__)


async def retried(transaction: Callable[[], Awaitable[Answer]]) -> Answer:
    """The answer of the first try that meets no `Conflict`; raises the last one's where none does.

    Everything that `transaction` decides must come from what it reads inside: it starts anew each time.
    """
    for _ in range(MOST_TRIES - 1):
        try:
            return await transaction()
        except Conflict as conflict:
            log.info("a transaction runs again: %s", conflict)
    return await transaction()
