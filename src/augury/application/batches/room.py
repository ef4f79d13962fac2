"""The limit on the unfinished batches of one user. Receiving and accepting a batch share it."""

from augury.application.limits import Limits
from augury.domain.batch import TooManyBatches

RETRY_AFTER = 30
"""Seconds that a user with too many unfinished batches is asked to wait."""


def require_room(unfinished: int, limits: Limits) -> None:
    """Raises `TooManyBatches`."""
    if unfinished >= limits.max_batches:
        raise TooManyBatches(pending=unfinished, most=limits.max_batches, retry_after=RETRY_AFTER)
