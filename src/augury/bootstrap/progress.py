"""Shows the progress of a long task on a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

OnStep: TypeAlias = Callable[[int, int], None]
"""Is called with the number of steps that are done, and with their total."""


@contextmanager
def progress(what: str) -> Iterator[OnStep]:
    """A bar on standard error while the block runs. Without a terminal, nothing is shown."""
    if not sys.stderr.isatty():
        yield _shown_to_nobody
        return
    from rich.console import Console  # only needed on a terminal
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _shown_to_nobody(done: int, total: int) -> None:
    pass
