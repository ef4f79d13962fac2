"""Connects to PostgreSQL for the pool, the migrations and alembic. Hosts are tried in turn and share the
timeout."""

import random
import socket
import ssl
from asyncio import CancelledError
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg

from augury.application.ports import Unavailable
from augury.outbound.postgres.database_url import DatabaseUrl, Host, read_url
from augury.outbound.postgres.failures import SERVER_UNUSABLE, first_line
from augury.outbound.postgres.rights import RightsMissing, what_is_missing

_NEXT = (
    *SERVER_UNUSABLE,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)
"""Errors after which the next host is tried. A wrong password or database is wrong on every host."""
_PARAMETER_REFUSED = (
    asyncpg.UndefinedObjectError,
    asyncpg.InvalidParameterValueError,
    asyncpg.CantChangeRuntimeParamError,
)


class Connector:
    """Connects to the first usable host. Starts with the host that was usable last time."""

    def __init__(
        self, url: str, *, timeout: timedelta, application_name: str = "augury", **options: object
    ) -> None:
        """All hosts share `timeout`, unless the URL has one. `options` are passed to `asyncpg.connect`.

        Raises `ValueError` if the URL is invalid.
        """
        self._url = read_url(url)
        self._timeout = self._url.connect_timeout or timeout
        self._options = options
        self._application_name = self._url.application_name or application_name
        self._hosts: list[Host | None] = list(self._url.hosts) or [None]
        if self._url.shuffled:
            random.shuffle(self._hosts)

    async def __call__(self, *_: object, **options: Any) -> asyncpg.Connection:  # noqa: ANN401  # asyncpg's
        """`options` override those of the constructor. Raises `Unavailable`, and the errors of asyncpg."""
        said: list[str] = []
        for host in tuple(self._hosts):
            try:
                return await self._connect(host, {**self._options, **options})
            except CancelledError:  # the next call must not wait for the same silent host
                self._put_last(host)
                raise
            except _PARAMETER_REFUSED as error:
                raise Unavailable(f"the database refuses a parameter: {first_line(error)}") from error
            except asyncpg.InsufficientPrivilegeError as error:
                role = self._url.quoted_user
                raise RightsMissing(f"the database refuses: {what_is_missing(error, role)}") from error
            except _NEXT as error:
                self._put_last(host)
                if len(self._hosts) == 1:
                    raise
                assert host is not None
                said.append(f"{host}: {self._words(error)}")
        raise Unavailable(f"no host of the database can be used: {'; '.join(said)}")

    async def _connect(self, host: Host | None, options: dict[str, Any]) -> asyncpg.Connection:
        if host:
            options["host"] = host.name
            if host.port:
                options["port"] = host.port
        if self._url.target:
            options["target_session_attrs"] = self._url.target
        if self._url.system_roots:
            options["ssl"] = _trusting_the_system(self._url)
        settings: Mapping[str, str] = options.pop("server_settings", {})
        try:
            connection: asyncpg.Connection = await asyncpg.connect(
                self._url.dsn,
                timeout=self._timeout.total_seconds() / len(self._hosts),
                server_settings={**settings, "application_name": self._application_name},
                **options,
            )
        except ssl.SSLCertVerificationError as error:
            if not self._url.binds_channel:
                raise
            raise Unavailable(
                f"the database's certificate is not trusted ({error.verify_message}), but "
                "channel_binding=require needs that: name its authority with sslrootcert, or leave "
                "channel_binding out"
            ) from error
        _keep_alive(connection, self._url)
        return connection

    def _put_last(self, host: Host | None) -> None:
        self._hosts.remove(host)
        self._hosts.append(host)

    def _words(self, error: BaseException) -> str:
        if isinstance(error, asyncpg.TargetServerAttributeNotMatched):
            return f"not {self._url.target}"
        return first_line(error)


def _trusting_the_system(url: DatabaseUrl) -> ssl.SSLContext:
    """Verify the server with the system's certificate authorities, and use the client certificate, if any."""
    context = ssl.create_default_context()
    said = {name: values[-1] for name, values in parse_qs(urlsplit(url.dsn).query).items()}
    if certificate := said.get("sslcert"):
        context.load_cert_chain(certificate, said.get("sslkey"), said.get("sslpassword", ""))
    return context


def _keep_alive(connection: asyncpg.Connection, url: DatabaseUrl) -> None:
    # asyncpg gives no public access to its socket.
    opened = connection._transport.get_extra_info("socket")  # type: ignore[attr-defined]  # noqa: SLF001
    if opened is not None and opened.family in (socket.AF_INET, socket.AF_INET6):
        for option in url.socket_options:
            opened.setsockopt(*option)
