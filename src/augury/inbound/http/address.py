"""Where a request came from."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def client_address(
    peer: str | None, forwarded_for: Iterable[bytes], trusted: Sequence[Network]
) -> Address | None:
    """The address next to the last trusted proxy: the only one in the chain that nobody could make up.

    `peer` is the other end of the connection, `forwarded_for` the values of `X-Forwarded-For` as they
    came. Each proxy appends whom it saw, so they are read from the right for as long as the one who says
    it is trusted. None where the peer has no address (a Unix socket).
    """
    address = _parse(peer or "")
    if address is None or not _is_trusted(address, trusted):
        return address
    for entry in reversed(b",".join(forwarded_for).decode("latin-1").split(",")):
        said = _parse(entry.strip())
        if said is None:
            break
        address = said
        if not _is_trusted(address, trusted):
            break
    return address


def neighbourhood(address: Address | None) -> str:
    """What one person or household has: an IPv4 address, or the /64 of an IPv6 address."""
    match address:
        case IPv4Address():
            return str(address)
        case IPv6Address():
            return str(IPv6Network((int(address) >> 64 << 64, 64)))
        case None:
            return "local"


def _parse(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_trusted(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address in network for network in trusted)
