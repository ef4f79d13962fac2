"""PgBouncer in front of a test server, by default in transaction mode."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.postgres_nodes import ACCOUNT, server_folder, server_owned
from tests.processes import eventually, free_port

PROGRAM = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
MISSING = "pgbouncer is not installed: what stands behind it is not tested"


@contextmanager
def pgbouncer(
    host: str, port: int, *, pool_size: int = 20, mode: str = "transaction", settings: str = ""
) -> Iterator[str]:
    """Yields the URL without the database's name. It opens at most `pool_size` connections to each
    database."""
    assert PROGRAM, MISSING
    own = free_port()
    with server_folder("augury-pgbouncer-") as folder:
        home = server_owned(folder / "home")
        config = home / "pgbouncer.ini"
        config.write_text(
            f"""
[databases]
* = host={host} port={port} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = {pool_size}
max_client_conn = 200
{settings}
"""
        )
        config.chmod(0o644)
        with (folder / "log").open("wb") as log:
            runs = subprocess.Popen([PROGRAM, str(config)], user=ACCOUNT, cwd=home, stdout=log, stderr=log)
        try:
            eventually(lambda: _listens(own), what="PgBouncer's start")
            assert runs.poll() is None, (folder / "log").read_text()
            yield f"postgresql://postgres@127.0.0.1:{own}/"
        finally:
            runs.kill()
            runs.wait()


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for `localhost`, and its key, which the servers' account may read."""
    crt, key = folder / "server.crt", folder / "server.key"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    made += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*made, "-out", str(crt), "-keyout", str(key)], check=True, capture_output=True)
    if ACCOUNT:
        shutil.chown(key, ACCOUNT)
    return crt, key
