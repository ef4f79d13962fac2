"""Parses a database's URL as libpq does.

asyncpg understands some of libpq's parameters. It sends the others to the server, which then refuses the
connection. So each parameter is passed to asyncpg, handled by us, or refused with one line.
"""

import getpass
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from typing_extensions import override

from augury.outbound.postgres.libpq_parameters import NOT_FOR_ASYNCPG, refuse_impossible
from augury.outbound.postgres.socket_options import SocketOption, socket_options

_HOST = re.compile(r"(\[[^]]+\]|[^:]+)(:(?P<port>\d{1,5}))?")
_MOST_PORT = 65_535
DEFAULT_PORT = 5432
_HOST_NEEDED = "url must name a host, or a host and a port number"
_VALUE_NEEDED = "url: a parameter has no value; a question mark in a password must be written as %3F"
"""Without the parameter: it may be a part of the password."""


@dataclass(frozen=True, slots=True)
class Host:
    name: str
    """A name, an address, or the folder of a Unix socket."""
    port: int | None
    """None: asyncpg's default."""

    @override
    def __str__(self) -> str:
        """The host with the port that is used."""
        name = f"[{self.name}]" if ":" in self.name else self.name
        return f"{name}:{self.port or os.environ.get('PGPORT') or DEFAULT_PORT}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseUrl:
    """A parsed URL."""

    dsn: str
    """The URL for asyncpg, without the parameters that we handle. A `host` argument overrides its hosts."""
    quoted_user: str
    """The role, quoted for SQL."""
    hosts: tuple[Host, ...]
    """The hosts in the order to try. If empty: asyncpg's default."""
    shuffled: bool
    """Whether each process tries them in a random order."""
    target: str | None
    """`target_session_attrs` of the URL, or `read-write` if there are several hosts."""
    connect_timeout: timedelta | None
    application_name: str | None
    socket_options: tuple[SocketOption, ...]
    binds_channel: bool
    """Whether `channel_binding=require` is set. asyncpg lacks it, so we verify the server's certificate."""
    system_roots: bool
    """Whether the system's certificate authorities are used to verify it."""
    pooled: bool
    """Whether `pgbouncer=true` is set: the URL leads to a pooler."""


def read_url(url: str) -> DatabaseUrl:
    """Raises `ValueError` with one line of text, which begins with `url`."""
    if not url.startswith(("postgresql://", "postgres://")):
        raise ValueError("url must begin with postgresql://")
    try:
        parts = urlsplit(url)
        said = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError as error:  # a bracket that is not closed, a parameter without a value
        raise ValueError(_VALUE_NEEDED if "query field" in str(error) else _HOST_NEEDED) from error
    said = {name: value for name, value in said.items() if value}
    refuse_impossible(said)
    binds, roots = _certificates(said)
    hosts = _hosts(parts.netloc.rpartition("@")[2], said)
    user = _user(parts.netloc, said)
    kept = {name: value for name, value in said.items() if name not in NOT_FOR_ASYNCPG}
    return DatabaseUrl(
        dsn=parts._replace(query=urlencode(kept)).geturl(),
        quoted_user='"{}"'.format(user.replace('"', '""')) if user else "<role of Augury>",
        hosts=hosts,
        shuffled=said.get("load_balance_hosts") == "random",
        target=said.get("target_session_attrs") or ("read-write" if len(hosts) > 1 else None),
        connect_timeout=_timeout(said),
        application_name=said.get("application_name") or said.get("fallback_application_name"),
        socket_options=socket_options(said),
        binds_channel=binds,
        system_roots=roots,
        pooled=said.get("pgbouncer") == "true",
    )


def _certificates(said: dict[str, str]) -> tuple[bool, bool]:
    """Returns `binds_channel` and `system_roots`. Also sets `sslmode` in `said` as they require."""
    if said.get("ssl") == "true":  # as JDBC writes it, and libpq reads it
        said.setdefault("sslmode", "require")
    binds = said.get("channel_binding") == "require"
    if binds and said.get("sslmode") in ("disable", "allow"):
        raise ValueError(f"url: channel_binding=require needs TLS, not sslmode={said['sslmode']}")
    system = said.get("sslrootcert") == "system"
    if system and said.get("sslmode", "verify-full") != "verify-full":
        raise ValueError(f"url: sslrootcert=system needs sslmode=verify-full, not sslmode={said['sslmode']}")
    if system:
        del said["sslrootcert"]
    if system or binds:
        said["sslmode"] = "verify-full"
    return binds, system or (binds and not (said.get("sslrootcert") or os.environ.get("PGSSLROOTCERT")))


def _hosts(given: str, said: Mapping[str, str]) -> tuple[Host, ...]:
    if given:
        hosts = [_host(each) for each in given.split(",")]
    else:
        names = said.get("hostaddr") or said.get("host")
        hosts = [_plain_host(each) for each in names.split(",")] if names else []
    if "hostaddr" in said and (given or "host" in said) and said.get("sslmode") == "verify-full":
        raise ValueError("url: hostaddr beside host is not supported with sslmode=verify-full: leave it out")
    if given and "hostaddr" in said:
        addresses = said["hostaddr"].split(",")
        if len(addresses) != len(hosts):
            raise ValueError(f"url: hostaddr has {len(addresses)} addresses for {len(hosts)} hosts")
        hosts = [Host(address, host.port) for address, host in zip(addresses, hosts, strict=True)]
    return tuple(_with_ports(hosts, said.get("port", "")))


def _host(text: str) -> Host:
    found = _HOST.fullmatch(text)
    if found is None or int(found["port"] or 0) > _MOST_PORT:
        raise ValueError(_HOST_NEEDED)
    return Host(unquote(found[1].strip("[]")), int(found["port"]) if found["port"] else None)


def _plain_host(text: str) -> Host:
    """Parse a host of `host=`: an IPv6 address needs no brackets there, and a socket's folder is allowed."""
    if not text:
        raise ValueError(_HOST_NEEDED)
    return Host(text, None) if text.startswith("/") or text.count(":") > 1 else _host(text)


def _with_ports(hosts: list[Host], text: str) -> list[Host]:
    if not text:
        return hosts
    ports = text.split(",")
    if not all(port.isdigit() and 0 < int(port) <= _MOST_PORT for port in ports):
        raise ValueError(f"url: port={text} is not a number, 1 to {_MOST_PORT}")
    if not hosts:
        hosts = [Host("localhost", None)]
    if len(ports) not in (1, len(hosts)):
        raise ValueError(f"url: {len(ports)} ports for {len(hosts)} hosts")
    many = ports if len(ports) > 1 else ports * len(hosts)
    return [Host(host.name, host.port or int(port)) for host, port in zip(hosts, many, strict=True)]


def _user(netloc: str, said: Mapping[str, str]) -> str | None:
    """The user, as asyncpg finds it. None if a service file may name it.

    Raises `ValueError` if nothing names a user. asyncpg then asks the system, but a container may have no
    name for its user.
    """
    given = unquote(netloc.rpartition("@")[0].partition(":")[0]) or said.get("user")
    if given or "service" in said:
        return given
    try:
        return os.environ.get("PGUSER") or getpass.getuser()
    except (KeyError, OSError):
        raise ValueError(
            "url must name a user: the system has no name for the user of this process"
        ) from None


def _timeout(said: Mapping[str, str]) -> timedelta | None:
    text = said.get("connect_timeout", "0")
    try:
        seconds = int(text)
    except ValueError:
        raise ValueError(f"url: connect_timeout={text} is not a whole number of seconds") from None
    return timedelta(seconds=seconds) if seconds > 0 else None
