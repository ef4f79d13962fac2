from ipaddress import ip_address, ip_network

import pytest

from augury.inbound.http.edge.address import client_address, neighbourhood

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "expected"),
    [
        ("203.0.113.1", [], "203.0.113.1"),
        ("203.0.113.1", [b"192.0.2.1"], "203.0.113.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", [b"192.0.2.1"], "192.0.2.1"),
        ("10.0.0.1", [b"1.1.1.1, 192.0.2.1"], "192.0.2.1"),
        ("10.0.0.1", [b"1.1.1.1", b"192.0.2.1"], "192.0.2.1"),
        ("10.0.0.1", [b"1.1.1.1, 192.0.2.1, 10.0.0.2"], "192.0.2.1"),
        ("10.0.0.1", [b"10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", [b"192.0.2.1, nonsense"], "10.0.0.1"),
        ("10.0.0.1", [b"192.0.2.1, nonsense, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", [b""], "10.0.0.1"),
        ("10.0.0.1", [b"\xff\xfe"], "10.0.0.1"),
        ("10.0.0.1", [b"::ffff:192.0.2.1"], "192.0.2.1"),
        ("::ffff:10.0.0.1", [b"192.0.2.1"], "192.0.2.1"),
        ("fd00::1", [b"2001:db8::1"], "2001:db8::1"),
        ("10.0.0.1", [b"192.0.2.1:4711"], "192.0.2.1"),
        ("10.0.0.1", [b"192.0.2.1:4711, 10.0.0.2:80"], "192.0.2.1"),
        ("10.0.0.1", [b" 192.0.2.1 \t"], "192.0.2.1"),
        ("10.0.0.1", [b"[2001:db8::1]:4711"], "2001:db8::1"),
        ("10.0.0.1", [b"[2001:db8::1]"], "2001:db8::1"),
        ("10.0.0.1", [b"[::ffff:192.0.2.1]:4711"], "192.0.2.1"),
        ("10.0.0.1", [b"2001:db8::1:4711"], "2001:db8::1:4711"),  # no port: that takes brackets
        ("10.0.0.1", [b"192.0.2.1, unknown"], "10.0.0.1"),
        ("10.0.0.1", [b"192.0.2.1, _hidden, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", [b"192.0.2.1, _hidden:4711"], "10.0.0.1"),
        ("10.0.0.1", [b"192.0.2.1, 192.0.2.2:http"], "10.0.0.1"),
        ("10.0.0.1", [b"192.0.2.1, [192.0.2.2"], "10.0.0.1"),
        ("10.0.0.1", [b"192.0.2.1, [[2001:db8::1]]:80"], "10.0.0.1"),
        ("10.0.0.1", [b"192.0.2.1,,"], "10.0.0.1"),
    ],
)
def test_the_client_is_the_rightmost_address_that_no_trusted_proxy_has(
    peer: str, forwarded_for: list[bytes], expected: str
) -> None:
    assert client_address(peer, forwarded_for, TRUSTED) == ip_address(expected)


def test_nobody_is_trusted_unless_told() -> None:
    assert client_address("127.0.0.1", [b"192.0.2.1"], ()) == ip_address("127.0.0.1")


def test_a_socket_without_an_address_is_one_place() -> None:
    assert client_address(None, [b"192.0.2.1"], TRUSTED) is None
    assert neighbourhood(None) == neighbourhood(client_address("unix:", [], TRUSTED))


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("203.0.113.1", "203.0.113.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_a_place_is_an_ipv4_address_or_an_ipv6_network(address: str, place: str) -> None:
    assert neighbourhood(ip_address(address)) == place
