"""Connections to a broker over TLS: who is refused, and what the refusal says (attack 83)."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from waybill.events import Topic
from waybill.kafka.errors import BrokerRefusedError, BrokerUnavailableError
from waybill.kafka.link import BrokerLink, create_usable
from waybill.kafka.security import KafkaSecurity
from waybill.tls import server_context
from waybill_toolkit.platform.broker import BrokerServer
from waybill_toolkit.platform.ports import free_port
from waybill_toolkit.testing.certificates import CertificateAuthority, Issued
from waybill_toolkit.testing.tls_front import tls_front

PASSWORD = "a password of apples"  # noqa: S105 - of a test
ALL = {name: ["*"] for name in ("write", "read", "create", "join")}


@pytest.fixture
def front_port() -> int:
    return free_port()


@pytest.fixture
def broker(tmp_path: Path, front_port: int) -> Iterator[BrokerServer]:
    """Run a broker whose clients come through the front."""
    users = tmp_path / "users.json"
    users.write_text(json.dumps({"apples": {"password": PASSWORD, "permissions": ALL}}))
    server = BrokerServer(tmp_path, free_port(), advertised_port=front_port, users=users)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def open_broker(tmp_path: Path, front_port: int) -> Iterator[BrokerServer]:
    server = BrokerServer(tmp_path, free_port(), advertised_port=front_port)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def shaking_hands(ours: CertificateAuthority) -> Iterator[int]:
    """Answer TLS handshakes and require certificates; unlike asyncio, this sends the alert."""
    issued = ours.issue()
    context = server_context(issued.certificate, issued.key, ours.ca)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                with client, suppress(OSError):
                    context.wrap_socket(client, server_side=True)

    thread = threading.Thread(target=serve)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def sasl_ssl(ca: Path, password: str = PASSWORD) -> KafkaSecurity:
    return KafkaSecurity("SASL_SSL", "SCRAM-SHA-256", "apples", password, ca)


def front(issued: Issued, broker: BrokerServer, port: int, client_ca: Path | None = None) -> Any:
    context = server_context(issued.certificate, issued.key, client_ca)
    return tls_front(context, broker.port, port=port)


async def use(port: int, security: KafkaSecurity, host: str = "127.0.0.1") -> None:
    link = await BrokerLink.open(f"{host}:{port}", security)
    await create_usable(link, [Topic("fruit", 1, 1)])
    assert set(await link.topics(["fruit"])) == {"fruit"}
    await link.close()


async def test_broker_is_used_over_tls_with_a_password(
    broker: BrokerServer, front_port: int, ours: CertificateAuthority
) -> None:
    async with front(ours.issue(), broker, front_port):
        await use(front_port, sasl_ssl(ours.ca))


async def test_broker_is_used_over_tls_with_a_certificate(
    open_broker: BrokerServer, front_port: int, ours: CertificateAuthority
) -> None:
    mine = ours.issue("orders")
    security = KafkaSecurity("SSL", ca=ours.ca, certificate=mine.certificate, key=mine.key)
    async with front(ours.issue(), open_broker, front_port, client_ca=ours.ca):
        await use(front_port, security)


async def test_refusal_says_that_the_broker_requires_a_certificate(
    ours: CertificateAuthority, shaking_hands: int
) -> None:
    reason = "ALERT_CERTIFICATE_REQUIRED.*check WAYBILL_KAFKA_SSL_CERTIFICATE"
    with pytest.raises(BrokerRefusedError, match=reason):
        await use(shaking_hands, KafkaSecurity("SSL", ca=ours.ca))


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("wrong CA", "not trusted .*unable to get local issuer.*check WAYBILL_KAFKA_SSL_CA"),
        ("expired", "not trusted .*certificate has expired"),
        ("other name", "not trusted .*IP address mismatch.*WAYBILL_KAFKA_BOOTSTRAP_SERVERS"),
        ("wrong password", "does not accept user apples: check WAYBILL_KAFKA_SASL_USERNAME"),
        ("no TLS", "requires TLS: set WAYBILL_KAFKA_SECURITY_PROTOCOL"),
    ],
)
async def test_refusal_says_why_there_is_no_connection(  # noqa: PLR0917 - fixtures
    broker: BrokerServer,
    front_port: int,
    ours: CertificateAuthority,
    foreign: CertificateAuthority,
    case: str,
    reason: str,
) -> None:
    issued = {
        "expired": lambda: ours.issue(is_expired=True),
        "other name": lambda: ours.issue("kafka.example"),
    }.get(case, ours.issue)()
    security = {
        "wrong CA": sasl_ssl(foreign.ca),
        "wrong password": sasl_ssl(ours.ca, "a guess"),
        "no TLS": KafkaSecurity("SASL_PLAINTEXT", "SCRAM-SHA-256", "apples", PASSWORD),
    }.get(case, sasl_ssl(ours.ca))
    async with front(issued, broker, front_port):
        with pytest.raises(BrokerRefusedError, match=reason) as refused:
            await use(front_port, security)
    assert PASSWORD not in str(refused.value)


async def test_refusal_says_that_the_broker_has_no_tls(
    broker: BrokerServer, ours: CertificateAuthority
) -> None:
    with pytest.raises(BrokerRefusedError, match="does not use TLS"):
        await use(broker.port, sasl_ssl(ours.ca))


async def test_broker_that_is_away_is_no_refusal(ours: CertificateAuthority) -> None:
    with pytest.raises(BrokerUnavailableError):
        await use(free_port(), sasl_ssl(ours.ca))
