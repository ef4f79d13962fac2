"""libpq's keepalive parameters as socket options, by which a connection notices a vanished server."""

import socket
from collections.abc import Mapping
from typing import TypeAlias

SocketOption: TypeAlias = tuple[int, int, int]
"""Level, name and value, as `setsockopt` takes them."""

_TCP = {
    "keepalives_idle": ("TCP_KEEPIDLE", 15),
    "keepalives_interval": ("TCP_KEEPINTVL", 5),
    "keepalives_count": ("TCP_KEEPCNT", 3),
    "tcp_user_timeout": ("TCP_USER_TIMEOUT", 0),
}
"""The socket option and our default for each parameter of libpq. With the system's defaults, it takes
hours."""


def socket_options(said: Mapping[str, str]) -> tuple[SocketOption, ...]:
    """The socket options for the parameters of a URL. 0 keeps the system's default. Raises `ValueError`."""
    numbers = {name: _number(name, said.get(name, str(default))) for name, (_, default) in _TCP.items()}
    keeps = _number("keepalives", said.get("keepalives", "1"))
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, int(keeps > 0))]
    for name, (constant, _) in _TCP.items():
        wanted = numbers[name] and (keeps or name == "tcp_user_timeout")
        if wanted and hasattr(socket, constant):  # not every system has them all
            options.append((socket.IPPROTO_TCP, getattr(socket, constant), numbers[name]))
    return tuple(options)


def _number(name: str, text: str) -> int:
    if not text.isdecimal():
        raise ValueError(f"url: {name}={text} is not a whole number")
    return int(text)
