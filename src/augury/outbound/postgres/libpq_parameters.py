"""How each parameter of a libpq URL is handled.

Other parameters are passed to asyncpg, which handles them or sends them as server settings.
"""

from collections.abc import Mapping
from pathlib import Path

_OBEYED = """
application_name channel_binding connect_timeout fallback_application_name host hostaddr keepalives
keepalives_count keepalives_idle keepalives_interval load_balance_hosts pgbouncer port ssl
target_session_attrs tcp_user_timeout
"""
_DONE_ANYWAY = """
client_encoding gssdelegation gssencmode max_protocol_version min_protocol_version replication sslcertmode
sslcompression sslsni
"""
_REFUSED = """
oauth_client_id oauth_client_secret oauth_issuer oauth_scope require_auth requirepeer scram_client_key
scram_server_key servicefile sslcrldir sslkeylogfile
"""
_FILES = ("sslrootcert", "sslcert", "sslkey", "sslcrl")
_VALUES: Mapping[str, str] = {
    "channel_binding": "disable prefer require",
    "client_encoding": "auto utf8 utf-8",
    "gssdelegation": "0",
    "gssencmode": "disable prefer",
    "load_balance_hosts": "disable random",
    "max_protocol_version": "3.0 3.2 latest",
    "min_protocol_version": "3.0",
    "pgbouncer": "true false",
    "replication": "false off no 0",
    "ssl": "true false",
    "sslcertmode": "allow",
    "sslcompression": "0 1",
    "sslmode": "disable allow prefer require verify-ca verify-full",
    "sslsni": "1",
    "target_session_attrs": "any read-write primary",  # the others may lead to a read-only server
}
"""The supported values. For a parameter of `_DONE_ANYWAY`, the values that ask for what we do anyway."""

NOT_FOR_ASYNCPG = frozenset([*_OBEYED.split(), *_DONE_ANYWAY.split()])


def refuse_impossible(said: Mapping[str, str]) -> None:
    """Raises `ValueError` with one line for a parameter that is neither supported nor safe to ignore."""
    for name, value in said.items():
        if name in _REFUSED.split():
            raise ValueError(f"url: {name}={value} is not supported: leave {name} out")
        if (values := _VALUES.get(name)) and value.lower() not in values.split():
            raise ValueError(f"url: {name}={value} is not supported: use {' or '.join(values.split())}")
        if name in _FILES and value != "system" and not Path(value).is_file():
            raise ValueError(f"url: {name}={value}: there is no such file")
