"""SIGINT and SIGTERM, the same in every process: the first one starts an orderly stop."""

import asyncio
import signal


def stop_requested() -> asyncio.Event:
    """An event that the first SIGINT or SIGTERM sets. Call this in the running loop."""
    event = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, event.set)
    return event
