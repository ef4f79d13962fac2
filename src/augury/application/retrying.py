"""Run a transaction again after it lost against a concurrent one."""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from augury.application.ports import Conflict

MOST_TRIES = 3
Result = TypeVar("Result")
log = logging.getLogger(__name__)


async def retried(transaction: Callable[[], Awaitable[Result]]) -> Result:
    """The result of the first attempt without a `Conflict`. Raises the `Conflict` of the last attempt.

    `transaction` must decide only by values that it reads itself, since each attempt starts anew.
    """
    for _ in range(MOST_TRIES - 1):
        try:
            return await transaction()
        except Conflict as conflict:
            log.info("a transaction runs again: %s", conflict)
    return await transaction()
