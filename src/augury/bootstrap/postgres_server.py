"""One embedded PostgreSQL server: made, started, taken over and stopped by means of its own programs.

It listens on a Unix socket in its folder and nowhere else. Its environment is its own: neither the locale nor
the PG… variables nor the secrets of whoever starts it reach it.
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
from augury.bootstrap.server_account import Account

PORT = 5432
"""Names the socket; there is no network port."""
SOCKET = f".s.PGSQL.{PORT}"
STARTS_WITHIN = 600
"""Seconds. After a crash it first repeats what its log says, which takes long where that is much."""
LOCALE = (
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",  # PostgreSQL's own: the same on every machine, whatever locales that has
    "--builtin-locale=C.UTF-8",
)
OPTIONS = ("-k", ".", "-p", str(PORT), "-c", "listen_addresses=", "-c", "log_checkpoints=off")
_STOPS = ((signal.SIGINT, 60), (signal.SIGQUIT, 30))
"""How it is asked to stop, and for how many seconds: at once but in order, then as in a crash."""
_INHERITED = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_TELLING = re.compile(r".*\b(?:FATAL|PANIC|error): *(.*)")


class EmbeddedPostgresFailed(OperatorError):
    """The embedded server does not start or does not stop."""


@dataclass(frozen=True, slots=True)
class Postmaster:
    """What a server writes about itself into its folder: `postmaster.pid`."""

    pid: int
    port: int
    socket_folder: str
    """`.` is the server's own folder."""
    ready: bool

    @classmethod
    def of(cls, folder: Path) -> Self | None:
        """None where no server says that it runs."""
        try:
            lines = (folder / "postmaster.pid").read_text(errors="replace").splitlines()
            pid = int(lines[0])
        except (FileNotFoundError, IndexError, ValueError):
            return None
        pid_data_start, rest = lines[:3], [*lines[3:], "", "", "", "", ""]  # filled in bit by bit
        port = int(rest[0] or PORT) if len(pid_data_start) == 3 else PORT
        return cls(pid, port, rest[1] or ".", rest[4].strip() == "ready")

    def serves(self, folder: Path) -> bool:
        """Whether this process is the folder's server, and not one that got its number later."""
        process = Path(f"/proc/{self.pid}")
        if not Path("/proc/self").exists():  # no Linux
            return _lives(self.pid)
        try:
            return (process / "cwd").samefile(folder) and (process / "exe").readlink().name.startswith(
                "postgres"
            )
        except OSError:  # it is gone, or another account's
            return False


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresServer:
    """The server of one folder. Its caller sees to it that nobody else starts or stops it meanwhile."""

    folder: Path
    """Absolute, with no link in it."""
    programs: Path
    """Where `initdb` and `postgres` are."""
    log: Path
    account: Account | None = None
    """Whom it runs as; None: whoever starts it."""

    def make(self) -> None:
        """Make an empty database cluster in its folder, which is not there or empty.

        Raises `EmbeddedPostgresFailed`.
        """
        made = self.folder.with_name(f"{self.folder.name}.new")
        if made.exists():
            shutil.rmtree(made)  # somebody was killed in the middle
        made.mkdir(mode=0o700)
        if self.account:
            os.chown(made, self.account.uid, self.account.gid)
        options = ("-D", str(made), "-U", "postgres", "--auth=trust", "--no-instructions")
        with self._program("initdb", *options, *LOCALE, cwd=made, output=subprocess.PIPE) as initdb:
            said, _ = initdb.communicate()
        if initdb.returncode:
            raise EmbeddedPostgresFailed(_why(said))
        made.rename(self.folder)  # whole or not at all

    def start(self) -> Postmaster:
        """Start it unless it runs, and wait until it is ready; raises `EmbeddedPostgresFailed`."""
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
        raise EmbeddedPostgresFailed(f"it is not ready after {STARTS_WITHIN} s; {self.log} may say why")

    def stop(self) -> None:
        """Stop it if it runs, and wait until it has; raises `EmbeddedPostgresFailed`."""
        found = Postmaster.of(self.folder)
        if found is None or not found.serves(self.folder):
            return
        for number, patience in _STOPS:
            with suppress(ProcessLookupError):
                os.kill(found.pid, number)
            end = time.monotonic() + patience
            while time.monotonic() < end:
                with suppress(ChildProcessError):
                    os.waitpid(found.pid, os.WNOHANG)  # where it is this process's own child
                if not found.serves(self.folder):
                    return
                time.sleep(0.02)
        raise EmbeddedPostgresFailed(f"process {found.pid} does not stop")

    def _launched(self) -> subprocess.Popen[bytes]:
        found = Postmaster.of(self.folder)
        if found and _lives(found.pid):  # somebody else's process by now, for which the server would give way
            for name in ("postmaster.pid", f"{SOCKET}.lock"):
                (self.folder / name).unlink(missing_ok=True)
        with self.log.open("ab") as log:
            return self._program("postgres", "-D", str(self.folder), *OPTIONS, cwd=self.folder, output=log)

    def _program(self, name: str, *arguments: str, cwd: Path, output: Any) -> subprocess.Popen[bytes]:  # noqa: ANN401
        """Begin one of its programs, apart from this process's terminal: Ctrl-C there is not for it."""
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
    """The line of a program's output that says what went wrong."""
    lines = said.decode(errors="replace").split("\n")
    telling = [found[1] for line in lines if (found := _TELLING.match(line))]
    return next((line for line in (*reversed(telling), *reversed(lines)) if line.strip()), "it says nothing")
