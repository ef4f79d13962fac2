"""One embedded PostgreSQL server: creates, starts, takes over and stops it, with PostgreSQL's own programs.

It listens only on a Unix socket in its folder. It gets its own environment, without the locale, the PG…
variables or the secrets of the process that starts it.
"""

import os
import re
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from augury.bootstrap.config import OperatorError
from augury.bootstrap.postgres.account import SystemAccount

PORT = 5432
"""Part of the socket's name. There is no network port."""
SOCKET = f".s.PGSQL.{PORT}"
STARTS_WITHIN = 600
"""Seconds. After a crash the server first replays its log, which can take long."""
LOCALE = (
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",  # PostgreSQL's own, the same on every machine
    "--builtin-locale=C.UTF-8",
)
OPTIONS = ("-k", ".", "-p", str(PORT), "-c", "listen_addresses=", "-c", "log_checkpoints=off")
_STOPS = ((signal.SIGINT, 60), (signal.SIGQUIT, 30))
"""The signals that stop it, and the seconds to wait after each: an orderly stop, then one like a crash."""
_INHERITED = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_TELLING = re.compile(r".*\b(?:FATAL|PANIC|error): *(.*)")


class EmbeddedPostgresFailed(OperatorError):
    """The embedded server cannot be started or stopped."""


@dataclass(frozen=True, slots=True)
class Postmaster:
    """The content of `postmaster.pid`, which a server writes into its folder."""

    pid: int
    port: int
    socket_folder: str
    """`.` is the server's own folder."""
    ready: bool

    @classmethod
    def of(cls, folder: Path) -> Self | None:
        """Read the file. None if there is none, or if it is not complete."""
        try:
            lines = (folder / "postmaster.pid").read_text(errors="replace").splitlines()
            pid = int(lines[0])
        except (FileNotFoundError, IndexError, ValueError):
            return None
        pid_data_start, rest = lines[:3], [*lines[3:], "", "", "", "", ""]  # the server writes the rest later
        port = int(rest[0] or PORT) if len(pid_data_start) == 3 else PORT
        return cls(pid, port, rest[1] or ".", rest[4].strip() == "ready")

    def serves(self, folder: Path) -> bool:
        """Whether this process is the folder's server, and not a later process with the same id."""
        process = Path(f"/proc/{self.pid}")
        if not Path("/proc/self").exists():  # not Linux
            return _lives(self.pid)
        try:
            return (process / "cwd").samefile(folder) and (process / "exe").readlink().name.startswith(
                "postgres"
            )
        except OSError:  # it has ended, or belongs to another account
            return False


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresServer:
    """The server of one folder. The caller must prevent others from starting or stopping it meanwhile."""

    folder: Path
    """An absolute path without symbolic links."""
    programs: Path
    """The folder of `initdb` and `postgres`."""
    log: Path
    account: SystemAccount | None = None
    """The account it runs as; None is the current one."""

    def make(self) -> None:
        """Create an empty database cluster in the folder, which must be missing or empty.

        Raises `EmbeddedPostgresFailed`.
        """
        made = self.folder.with_name(f"{self.folder.name}.new")
        if made.exists():
            shutil.rmtree(made)  # an earlier process was killed here
        made.mkdir(mode=0o700)
        if self.account:
            os.chown(made, self.account.uid, self.account.gid)
        options = ("-D", str(made), "-U", "postgres", "--auth=trust", "--no-instructions")
        with self._program("initdb", *options, *LOCALE, cwd=made, output=subprocess.PIPE) as initdb:
            said, _ = initdb.communicate()
        if initdb.returncode:
            raise EmbeddedPostgresFailed(_why(said))
        made.rename(self.folder)  # all or nothing

    def start(self) -> Postmaster:
        """Start the server unless it runs, and wait until it is ready. Raises `EmbeddedPostgresFailed`."""
        process = None
        end = time.monotonic() + STARTS_WITHIN
        began = self.log.stat().st_size if self.log.exists() else 0
        while time.monotonic() < end:
            found = Postmaster.of(self.folder)
            runs = found is not None and found.serves(self.folder)
            if found and runs and found.ready:
                return found
            if process is None and not runs:
                process = self._launched()
            elif process and process.poll() is not None:
                raise EmbeddedPostgresFailed(_why(self.log.read_bytes()[began:]))
            time.sleep(0.02)
        raise EmbeddedPostgresFailed(f"it is not ready after {STARTS_WITHIN} s; see {self.log}")

    def stop(self) -> None:
        """Stop the server if it runs, and wait until it has ended. Raises `EmbeddedPostgresFailed`."""
        found = Postmaster.of(self.folder)
        if found is None or not found.serves(self.folder):
            return
        for number, patience in _STOPS:
            with suppress(ProcessLookupError):
                os.kill(found.pid, number)
            end = time.monotonic() + patience
            while time.monotonic() < end:
                with suppress(ChildProcessError):
                    os.waitpid(found.pid, os.WNOHANG)  # only if it is a child of this process
                if not found.serves(self.folder):
                    return
                time.sleep(0.02)
        raise EmbeddedPostgresFailed(f"process {found.pid} does not stop")

    def _launched(self) -> subprocess.Popen[bytes]:
        found = Postmaster.of(self.folder)
        if found and _lives(found.pid):  # another process has the id: the server would refuse to start
            for name in ("postmaster.pid", f"{SOCKET}.lock"):
                (self.folder / name).unlink(missing_ok=True)
        with self.log.open("ab") as log:
            return self._program("postgres", "-D", str(self.folder), *OPTIONS, cwd=self.folder, output=log)

    def _program(self, name: str, *arguments: str, cwd: Path, output: Any) -> subprocess.Popen[bytes]:  # noqa: ANN401
        """Start one of PostgreSQL's programs in its own session, so that Ctrl-C does not reach it."""
        inherited = {variable: os.environ[variable] for variable in _INHERITED if variable in os.environ}
        account = self.account
        try:
            return subprocess.Popen(  # noqa: S603  # our own program and options, no shell
                [self.programs / name, *arguments],
                cwd=cwd,
                env=inherited | {"LC_ALL": "C", "TZ": "UTC"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )
        except OSError as error:
            program = self.programs / name
            raise EmbeddedPostgresFailed(f"{program} cannot be run: {error.strerror or error}") from error


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _why(said: bytes) -> str:
    """The line of a program's output that says why it failed."""
    lines = said.decode(errors="replace").split("\n")
    telling = [found[1] for line in lines if (found := _TELLING.match(line))]
    return next((line for line in (*reversed(telling), *reversed(lines)) if line.strip()), "no reason given")
