"""The embedded PostgreSQL of `augury up`: a real server from a wheel, on a Unix socket in the data folder.

Each process that uses it holds a shared lock on the data folder, and the last one stops the server. The
kernel holds the locks, so a killed process leaves none behind, and the next process takes over its server.
Import this module only if an embedded server is used: a deployment with its own database does not need it.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import quote

from augury.bootstrap.config import OperatorError
from augury.bootstrap.postgres.account import AccountUnusable, SystemAccount, account_name
from augury.bootstrap.postgres.binaries import NEWEST, programs
from augury.bootstrap.postgres.server import SOCKET, EmbeddedPostgresFailed, PostgresServer, Postmaster

LONGEST_ADDRESS = 103
"""The most bytes of a Unix socket's path on macOS. Linux allows four more."""


class DataFolderInUse(OperatorError):
    """Another `augury up` runs on this data folder."""


class DataFolderUnusable(OperatorError):
    """The data folder cannot be written."""


@contextmanager
def sole_owner(data: Path) -> Iterator[None]:
    """Keep any other `augury up` off this folder. Raises `DataFolderInUse`, `DataFolderUnusable`."""
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o755)
        owned = (data / "up.lock").open("a+")
    except OSError as error:
        raise DataFolderUnusable(f"cannot write to {data}: {error.strerror or error}") from error
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
    """Start the folder's server unless it runs, and yield its URL. The last user stops it.

    Raises `EmbeddedPostgresFailed`, `AccountUnusable`, `NoSuchPostgres`, `DataFolderUnusable`.
    """
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o755)
        server = _server(data.resolve())
        users, lock = (data / "postgres.users").open("a"), data / "postgres.lock"
    except OSError as error:
        raise DataFolderUnusable(f"{data} cannot be used: {error.strerror or error}") from error
    with users, _short(server.folder) as folder:
        with _held(lock):
            try:
                running = _started(server)
            except (EmbeddedPostgresFailed, OSError) as error:
                raise EmbeddedPostgresFailed(
                    f"the embedded PostgreSQL in {server.folder} cannot be started: {error}"
                ) from error
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield _url(running, folder)
        finally:
            with _held(lock):
                if _nobody_else(users):
                    server.stop()


def _server(data: Path) -> PostgresServer:
    folder = data / "postgres"
    if not str(folder).isprintable():  # the server's files have a line with this path
        raise DataFolderUnusable(f"{str(data)!r} has unprintable characters: choose another folder")
    account = SystemAccount.of(folder, data)
    if account:
        _let_in(account, data)
    elif folder.exists() and folder.stat().st_uid != os.geteuid():
        raise DataFolderUnusable(
            f"{folder} belongs to {account_name(folder.stat().st_uid)}: "
            "run as that user, or choose another folder with --data"
        )
    made_by = folder / "PG_VERSION"
    major = made_by.read_text().strip() if made_by.exists() else NEWEST
    return PostgresServer(
        folder=folder, programs=programs(major, data, account), log=data / "postgres.log", account=account
    )


def _let_in(account: SystemAccount, data: Path) -> None:
    """Let the account enter the data folder. Folders outside of it are not changed."""
    if closed := account.stopped_at(data.parent):
        raise AccountUnusable(
            f"PostgreSQL refuses to run as root, so it runs as {account.name}, which may not enter {closed}: "
            "choose a data folder elsewhere, such as --data /var/lib/augury, or run as another user"
        )
    if account.stopped_at(data):
        data.chmod(data.stat().st_mode | 0o011)
    if (data / "postgres").exists():
        account.own(data / "postgres")


def _started(server: PostgresServer) -> Postmaster:
    if not (server.folder / "PG_VERSION").exists():
        server.make()
    return server.start()


def _url(running: Postmaster, folder: Path) -> str:
    """The server's URL, with its folder's short path. A server of an earlier version has its socket
    elsewhere."""
    address = folder / running.socket_folder
    if address.resolve() == folder.resolve():
        address = folder
    return f"postgresql://postgres:@/postgres?host={quote(str(address))}&port={running.port}"


@contextmanager
def _short(folder: Path) -> Iterator[Path]:
    """A path to the folder that is short enough for the address of a socket in it."""
    if len(os.fsencode(folder / SOCKET)) <= LONGEST_ADDRESS:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="augury-") as made:
        link = Path(made) / "postgres"
        link.symlink_to(folder, target_is_directory=True)
        yield link


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
