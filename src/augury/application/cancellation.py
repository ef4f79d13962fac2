"""Whose cancellation it is."""

import asyncio


def was_canceled() -> bool:
    """Whether somebody wants the current task to end.

    Else a `CancelledError` came out of what it awaits: a flight that was called off, a client library
    that cancels its own tasks when a connection breaks. Taken for an end, it would end a loop for good.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
