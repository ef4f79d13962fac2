"""SIGINT and SIGTERM, alike in every process: the first asks to stop, and stopping takes its course."""

import asyncio
import signal


def stop_requested() -> asyncio.Event:
    """An event that is set by the first SIGINT or SIGTERM; call it in the running loop."""
    event = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, event.set)
    return event
