#!/usr/bin/env bash
# asyncpg 0.31.0, several hosts: libpq asks the next host when one "is not accepting connections" (57P03, a server
# that starts, or a standby without hot standby), and gives each host the whole `connect_timeout`. asyncpg asks the
# next one after an OSError only, and spends one time limit on all: the first host decides for the others.
#
# Seen with Python 3.11 and PostgreSQL 18.4:
#   asyncpg 0.31.0
#   a says it accepts nothing, b serves: CannotConnectNowError
#   a is silent, b serves: TimeoutError
#   b alone: serves
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet asyncpg==0.31.0
"$work/venv/bin/python" - <<'PYTHON'
import asyncio
import struct

import asyncpg

REFUSAL = b"SFATAL\0VFATAL\0C57P03\0Mthe database system is not accepting connections\0\0"
KEPT = []  # connections that stay open


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


async def refuses(reader, writer):
    """What a standby with `hot_standby = off` answers to whoever begins."""
    await reader.read(1024)
    writer.write(message(b"E", REFUSAL))
    writer.close()


async def is_silent(reader, writer):
    KEPT.append(writer)


async def serves(reader, writer):
    """As much of PostgreSQL as a connection needs to be made."""
    await reader.read(1024)
    writer.write(message(b"R", struct.pack("!i", 0)))
    for name, value in ((b"server_version", b"18.4"), (b"client_encoding", b"UTF8"), (b"in_hot_standby", b"off")):
        writer.write(message(b"S", name + b"\0" + value + b"\0"))
    writer.write(message(b"K", struct.pack("!ii", 1, 1)) + message(b"Z", b"I"))
    KEPT.append(writer)


async def tried(*hosts):
    servers = [await asyncio.start_server(host, "127.0.0.1", 0) for host in hosts]
    ports = [server.sockets[0].getsockname()[1] for server in servers]
    try:
        url = f"postgresql://u@{','.join(f'127.0.0.1:{port}' for port in ports)}/d?sslmode=disable"
        connection = await asyncpg.connect(url, timeout=2, target_session_attrs="read-write")
        connection.terminate()
        return "serves"
    except (asyncpg.PostgresError, OSError) as error:
        return type(error).__name__
    finally:
        for server in servers:
            server.close()


async def main():
    print("asyncpg", asyncpg.__version__)
    seen = [await tried(refuses, serves), await tried(is_silent, serves), await tried(serves)]
    for what, answer in zip(("a says it accepts nothing, b serves", "a is silent, b serves", "b alone"), seen):
        print(f"{what}: {answer}")
    assert seen == ["CannotConnectNowError", "TimeoutError", "serves"], "it behaves otherwise now"


asyncio.run(main())
PYTHON
