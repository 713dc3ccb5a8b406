"""Who sent a request, when there is no token: an address that cannot be chosen by the client."""

from ipaddress import ip_network

import pytest

from gateway.client_addresses import ClientAddresses

PROXIES = ClientAddresses([ip_network("10.0.0.0/8"), ip_network("fd00::/8")])


def _scope(peer: str | None, **fields: str) -> dict[str, object]:
    headers = [(name.replace("_", "-").encode(), text.encode()) for name, text in fields.items()]
    client = (peer, 1234) if peer is not None else None
    return {"client": client, "scheme": "http", "headers": headers}


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("192.0.2.7", "", "192.0.2.7"),
        ("192.0.2.7", "198.51.100.1", "192.0.2.7"),  # the peer is no proxy
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "1.2.3.4, nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.9", "10.0.0.9"),
        ("fd00::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "", "192.0.2.7"),
        (None, "", "unknown"),
    ],
)
def test_only_trusted_proxies_say_where_a_request_comes_from(
    peer: str | None, forwarded: str, found: str
) -> None:
    assert PROXIES.of(_scope(peer, x_forwarded_for=forwarded)) == found


def test_several_fields_are_one_list() -> None:
    scope = _scope("10.0.0.1")
    scope["headers"] = [(b"x-forwarded-for", b"1.2.3.4"), (b"x-forwarded-for", b"198.51.100.1")]

    assert PROXIES.of(scope) == "198.51.100.1"


@pytest.mark.parametrize(
    ("peer", "proto", "is_https"),
    [("10.0.0.1", "https", True), ("10.0.0.1", "http", False), ("192.0.2.7", "https", False)],
)
def test_only_trusted_proxies_say_that_a_client_uses_https(
    peer: str, proto: str, *, is_https: bool
) -> None:
    assert PROXIES.is_https(_scope(peer, x_forwarded_proto=proto)) is is_https
