"""SASL_SSL with each mechanism: the embedded broker behind a TLS front.

The broker itself has SCRAM-SHA-256 only. The others are made of it here, as Kafka has them.
"""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from waybill.kafka.connecting import connect
from waybill.kafka.errors import BrokerRefusedError
from waybill.kafka.protocol import TopicIdsRequest
from waybill.kafka.security import KafkaSecurity, SaslMechanism
from waybill.tls import server_context
from waybill_toolkit.platform.embedded_broker import login, scram
from waybill_toolkit.platform.embedded_broker.users import Users
from waybill_toolkit.testing.certificates import CertificateAuthority
from waybill_toolkit.testing.tls_front import tls_front

PASSWORD = "wonder,land="  # noqa: S105 - of a test
EVERYTHING = {name: ["*"] for name in ("write", "read", "create", "join")}


def speak(mechanism: SaslMechanism, patch: pytest.MonkeyPatch) -> None:
    """Let the broker use another mechanism."""
    patch.setattr(login, "MECHANISM", mechanism)
    if mechanism == "SCRAM-SHA-512":
        patch.setattr(scram, "_HASH", "sha512")
        patch.setattr(scram, "sha256", hashlib.sha512)
    if mechanism == "PLAIN":
        patch.setattr(login.Login, "_step", accept_plain)


def accept_plain(self: login.Login, message: bytes) -> bytes:
    _, user, password = message.split(b"\0")  # RFC 4616
    if (user, password) != (b"alice", PASSWORD.encode()):
        raise scram.AuthenticationError("its password is wrong")
    self._on_login(self._users.user("alice"))
    return b""


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
async def test_client_logs_in_over_tls_with_the_right_password_only(
    broker: Any, mechanism: SaslMechanism, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak(mechanism, monkeypatch)
    users = Users({"alice": {"password": PASSWORD, "permissions": EVERYTHING}})
    _, servers = await broker(users=users)
    ours = CertificateAuthority(tmp_path / "ca")
    issued = ours.issue()
    context = server_context(issued.certificate, issued.key)

    def alice(password: str) -> KafkaSecurity:
        return KafkaSecurity("SASL_SSL", mechanism, "alice", password, ours.ca)

    async with tls_front(context, int(servers.rpartition(":")[2])) as port:
        connection = await connect("127.0.0.1", port, alice(PASSWORD))
        assert connection is not None
        assert (await connection.send(TopicIdsRequest([]))).topics == []
        connection.close()
        with pytest.raises(BrokerRefusedError, match="check WAYBILL_KAFKA_SASL_USERNAME and the"):
            await connect("127.0.0.1", port, alice("a guess"))
