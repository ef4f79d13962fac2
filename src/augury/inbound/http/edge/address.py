"""The network address of a request."""

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from litestar.types import Scope

_WITH_PORT = re.compile(r"(?:(?P<v4>[0-9.]+):[0-9]+|\[(?P<v6>[^\[\]]+)\](?::[0-9]+)?)")
Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def client_address(
    peer: str | None, forwarded: Iterable[bytes], trusted: Sequence[Network]
) -> Address | None:
    """The address that the last trusted proxy saw: the only one in the chain that cannot be forged.

    `peer` is the other end of the connection, `forwarded` the values of `X-Forwarded-For` as received.
    Each proxy appends the address that it saw, so they are read from the right as long as the proxy is
    trusted. An entry that is not an address (`unknown`, or a name that hides one) ends the reading, since
    entries before it cannot be trusted. None if the peer has no address (a Unix socket).
    """
    address = _parse(peer or "")
    if address is None or not is_trusted(address, trusted):
        return address
    for entry in reversed(b",".join(forwarded).decode("latin-1").split(",")):
        said = _parse(_without_port(entry.strip()))
        if said is None:
            break
        address = said
        if not is_trusted(address, trusted):
            break
    return address


def neighbourhood(address: Address | None) -> str:
    """The network of one person or household: an IPv4 address, or the /64 of an IPv6 address."""
    match address:
        case IPv4Address():
            return str(address)
        case IPv6Address():
            return str(IPv6Network((int(address) >> 64 << 64, 64)))
        case None:
            return "local"


def place_of(scope: Scope, trusted: Sequence[Network]) -> str:
    """The network that a request came from."""
    peer = scope["client"][0] if scope["client"] else None
    return neighbourhood(client_address(peer, forwarded_for(scope["headers"]), trusted))


def forwarded_for(headers: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
    """The values of `X-Forwarded-For` as received."""
    return [value for name, value in headers if name == b"x-forwarded-for"]


def _without_port(entry: str) -> str:
    """The entry without a port. Azure's gateways and IIS add one: `192.0.2.1:4711`, `[2001:db8::1]:4711`."""
    found = _WITH_PORT.fullmatch(entry)
    return (found["v4"] or found["v6"]) if found else entry


def _parse(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_trusted(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address in network for network in trusted)
