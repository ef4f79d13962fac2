"""The addresses that webhooks may call. The owner of a webhook chooses where this service connects, so
internal addresses must be refused (server-side request forgery)."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.text import is_storable
from augury.domain.webhook import InvalidWebhook

MOST_URL_CHARACTERS = 2_000
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?")
_PORTS = {"https": 443, "http": 80}
_UNICAST = IPv6Network("2000::/3")
Address = IPv4Address | IPv6Address
Networks = Collection[IPv4Network | IPv6Network]


@dataclass(frozen=True, slots=True)
class CallTarget:
    """The target of a call: its name is resolved, and only permitted addresses are connected to."""

    scheme: str
    host: str
    """In ASCII and lower case; an IPv6 address without brackets."""
    port: int


def target_of(url: str) -> CallTarget:
    """The target of a call to this URL. Raises `InvalidWebhook`."""
    if len(url) > MOST_URL_CHARACTERS or not is_storable(url) or not url.isprintable() or " " in url:
        raise InvalidWebhook(reason=Reason.of(ReasonCode.URL_LENGTH, most=MOST_URL_CHARACTERS))
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode().lower()
    except ValueError as error:  # also raised by the IDNA codec
        raise InvalidWebhook(reason=Reason.of(ReasonCode.URL_BROKEN)) from error
    if parts.scheme not in _PORTS:
        raise InvalidWebhook(reason=Reason.of(ReasonCode.URL_NOT_HTTPS))
    if parts.username is not None or parts.password is not None:
        raise InvalidWebhook(reason=Reason.of(ReasonCode.URL_WITH_USER))
    if parts.fragment:
        raise InvalidWebhook(reason=Reason.of(ReasonCode.URL_WITH_FRAGMENT))
    if "\\" in url or port == 0 or not (_address(host) or _HOST.fullmatch(host)):
        raise InvalidWebhook(reason=Reason.of(ReasonCode.URL_WITHOUT_HOST))
    return CallTarget(parts.scheme, host, port or _PORTS[parts.scheme])


def require_callable(target: CallTarget, addresses: Sequence[str], allowed: Networks) -> None:
    """Raises `InvalidWebhook` unless every address of the name may be called: a global address, or one in a
    network that the operator allows. Without TLS, all of them must be in such a network."""
    found = [_address(each) for each in addresses]
    if not found or None in found:
        raise InvalidWebhook(reason=Reason.of(ReasonCode.NO_ADDRESS, host=target.host))
    if not all(each is not None and may_be_called(each, allowed) for each in found):
        raise InvalidWebhook(reason=Reason.of(ReasonCode.ADDRESS_NOT_PUBLIC, host=target.host))
    if target.scheme != "https" and not all(each is not None and _is_in(each, allowed) for each in found):
        raise InvalidWebhook(reason=Reason.of(ReasonCode.URL_NOT_HTTPS))


def may_be_called(address: Address, allowed: Networks) -> bool:
    return _is_in(address, allowed) or _is_public(address)


def _is_public(address: Address) -> bool:
    """Whether it is a global unicast address. An address that wraps an IPv4 address is not."""
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if isinstance(address, IPv4Address):
        return True
    return address in _UNICAST and address.teredo is None and address.sixtofour is None


def _is_in(address: Address, networks: Networks) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _address(text: str) -> Address | None:
    try:
        return ip_address(text.partition("%")[0] if ":" in text else text)
    except ValueError:
        return None
