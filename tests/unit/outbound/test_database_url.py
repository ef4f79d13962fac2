"""A database's URL is read as libpq reads it: each parameter is applied, or refused in one line."""

import socket
from datetime import timedelta
from pathlib import Path

import pytest

from augury.bootstrap.config import SettingError, read
from augury.outbound.postgres.database_url import Host, read_url
from augury.outbound.postgres.settings import PostgresSettings

PLAIN = "postgresql://ada:secret@db/books"


def test_a_managed_databases_url_is_understood() -> None:
    url = read_url(
        PLAIN + "?sslmode=require&channel_binding=require&connect_timeout=10&application_name=shop"
    )

    assert url.hosts == (Host("db", None),)
    assert url.connect_timeout == timedelta(seconds=10)
    assert url.application_name == "shop"
    assert (
        url.dsn == PLAIN + "?sslmode=verify-full"
    )  # asyncpg has no channel binding: the certificate check replaces it
    assert (url.binds_channel, url.system_roots) == (True, True)


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("postgresql://u@/db", ()),
        ("postgresql://u@a/db", (Host("a", None),)),
        ("postgresql://u@a:1,b,[::1]:3/db", (Host("a", 1), Host("b", None), Host("::1", 3))),
        ("postgresql://u@a,b/db?port=6", (Host("a", 6), Host("b", 6))),
        ("postgresql:///db?user=u&host=a,b&port=1,2", (Host("a", 1), Host("b", 2))),
        ("postgresql://u@/db?host=/run/here,::1", (Host("/run/here", None), Host("::1", None))),
        ("postgresql://u@%2Frun%2Fhere/db", (Host("/run/here", None),)),
        ("postgresql://u@a/db?hostaddr=10.0.0.1", (Host("10.0.0.1", None),)),
    ],
)
def test_hosts_and_ports(text: str, hosts: tuple[Host, ...]) -> None:
    assert read_url(text).hosts == hosts


def test_a_host_is_written_with_the_port_that_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PGPORT", raising=False)
    assert [str(host) for host in (Host("a", 1), Host("::1", 3), Host("b", None))] == [
        "a:1",
        "[::1]:3",
        "b:5432",
    ]
    monkeypatch.setenv("PGPORT", "6000")
    assert str(Host("/run/here", None)) == "/run/here:6000"


@pytest.mark.parametrize(
    ("text", "user"),
    [
        ("postgresql://ada:secret@a/db", '"ada"'),
        ("postgresql:///db?user=ada", '"ada"'),
        ("postgresql://a%22b@a/db", '"a""b"'),
        ("postgresql://a/db", '"env"'),
        ("postgresql://a/db?service=shop", "<role of Augury>"),
    ],
)
def test_the_role_is_known_as_sql_names_it(monkeypatch: pytest.MonkeyPatch, text: str, user: str) -> None:
    monkeypatch.setenv("PGUSER", "env")
    assert read_url(text).quoted_user == user


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("postgresql://u@a/db", None),
        ("postgresql://u@a,b/db", "read-write"),
        ("postgresql://u@a,b/db?target_session_attrs=primary", "primary"),
        ("postgresql://u@a,b/db?target_session_attrs=any", "any"),
    ],
)
def test_of_several_hosts_the_one_that_takes_writes_is_wanted(text: str, target: str | None) -> None:
    assert read_url(text).target == target


@pytest.mark.parametrize(
    "parameter",
    [
        "gssencmode=prefer",
        "gssdelegation=0",
        "sslcompression=0",
        "sslsni=1",
        "sslcertmode=allow",
        "client_encoding=UTF8",
        "replication=false",
        "min_protocol_version=3.0",
        "max_protocol_version=latest",
        "channel_binding=prefer",
        "load_balance_hosts=random",
        "keepalives=1",
        "fallback_application_name=shop",
        "hostaddr=127.0.0.1",
        "pgbouncer=true",
    ],
)
def test_what_the_server_would_refuse_is_kept_from_it(parameter: str) -> None:
    assert read_url(f"{PLAIN}?{parameter}").dsn == PLAIN


@pytest.mark.parametrize(
    "parameter", ["passfile=/p", "krbsrvname=k", "service=s", "options=-c+geqo%3Doff", "search_path=shop"]
)
def test_what_asyncpg_or_the_server_understands_is_left_to_them(parameter: str) -> None:
    assert parameter.partition("=")[0] in read_url(f"{PLAIN}?{parameter}").dsn


def test_keepalives_are_the_sockets() -> None:
    url = read_url(
        PLAIN + "?keepalives_idle=30&keepalives_interval=7&keepalives_count=2&tcp_user_timeout=9000"
    )

    assert url.socket_options == (
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
        (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30),
        (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 7),
        (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 2),
        (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 9000),
    )
    assert read_url(PLAIN + "?keepalives=0").socket_options == ((socket.SOL_SOCKET, socket.SO_KEEPALIVE, 0),)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ("require_auth=scram-sha-256", "require_auth=scram-sha-256 is not supported: leave require_auth out"),
        ("requirepeer=postgres", "requirepeer"),
        ("sslcrldir=/crls", "sslcrldir"),
        ("gssencmode=require", "gssencmode=require is not supported: use disable or prefer"),
        ("target_session_attrs=standby", "use any or read-write or primary"),
        ("sslmode=no-verify", "sslmode=no-verify is not supported: use disable or"),
        ("connect_timeout=soon", "connect_timeout=soon is not a whole number"),
        ("keepalives_idle=long", "keepalives_idle=long is not a whole number"),
        ("port=x", "port=x is not a number"),
        ("port=1,2", "2 ports for 1 hosts"),
        ("hostaddr=10.0.0.1,10.0.0.2", "hostaddr has 2 addresses for 1 hosts"),
        ("sslrootcert=/no/such.pem", "sslrootcert=/no/such.pem: there is no such file"),
        ("sslrootcert=system&sslmode=require", "sslrootcert=system needs sslmode=verify-full"),
        ("channel_binding=require&sslmode=disable", "channel_binding=require needs TLS"),
        ("hostaddr=127.0.0.1&sslmode=verify-full", "hostaddr"),
        ("nonsense", "a parameter has no value"),
    ],
)
def test_what_cannot_be_obeyed_is_named_in_one_line(parameters: str, words: str) -> None:
    with pytest.raises(SettingError) as refused:
        read(PostgresSettings, {"AUGURY_DATABASE_URL": f"{PLAIN}?{parameters}"})

    assert words in str(refused.value)
    assert str(refused.value).startswith("AUGURY_DATABASE_URL: ")
    assert "secret" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_system_without_a_name_for_its_user_wants_one_in_the_url(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr("getpass.getuser", nameless)
    monkeypatch.delenv("PGUSER", raising=False)
    with pytest.raises(ValueError, match="must name a user"):
        read_url("postgresql://db/books")
    assert read_url("postgresql://db/books?user=ada")


def test_the_authority_that_a_url_names_is_believed_in_place_of_the_systems(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.touch()
    url = read_url(f"{PLAIN}?sslrootcert={authority}&channel_binding=require")

    assert url.binds_channel
    assert not url.system_roots
    assert "sslmode=verify-full" in url.dsn


@pytest.mark.parametrize("password", ["sec?ret", "sec/ret", "sec#ret", "sec?ret?", "sec:ret/"])
def test_no_part_of_a_password_with_unescaped_characters_is_told(password: str) -> None:
    with pytest.raises(SettingError) as refused:
        read(PostgresSettings, {"AUGURY_DATABASE_URL": f"postgresql://ada:{password}@host/db"})

    assert "ret" not in str(refused.value).replace("parameter", "")
