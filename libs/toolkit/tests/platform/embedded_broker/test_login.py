"""Who may use the broker: SASL with SCRAM-SHA-256, by aiokafka's clients and by raw requests."""

import asyncio
import base64
import logging
from io import BytesIO
from struct import pack, unpack_from
from typing import Any

import pytest
from aiokafka.conn import create_conn  # type: ignore[import-untyped]
from aiokafka.protocol.admin import (  # type: ignore[import-untyped]
    ApiVersionRequest_v0,
    SaslAuthenticateRequest_v0,
    SaslHandShakeRequest,
    SaslHandShakeRequest_v1,
)
from aiokafka.protocol.metadata import MetadataRequest_v0  # type: ignore[import-untyped]

from waybill.events import Topic
from waybill.kafka.errors import BrokerRefusedError
from waybill.kafka.link import BrokerLink, create_usable
from waybill.kafka.security import PLAINTEXT, KafkaSecurity
from waybill_toolkit.platform.embedded_broker.connections import Connections
from waybill_toolkit.platform.embedded_broker.scram import Exchange, FirstMessage, Verifier
from waybill_toolkit.platform.embedded_broker.unfinished import Unfinished
from waybill_toolkit.platform.embedded_broker.users import Users

LONG = 30.0
"""Only a broken broker reaches this timeout."""
UNSUPPORTED_SASL_MECHANISM, ILLEGAL_SASL_STATE, SASL_AUTHENTICATION_FAILED = 33, 34, 58

EVERYTHING = {name: ["*"] for name in ("write", "read", "create", "join")}
USERS = Users(
    {
        "alice": {"password": "wonder,land=", "permissions": EVERYTHING},
        "a=b,c": {"password": "escaped", "permissions": EVERYTHING},
    }
)
ALICE = KafkaSecurity("SASL_PLAINTEXT", "SCRAM-SHA-256", "alice", "wonder,land=")

Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def ask(client: Client, request: Any) -> Any:
    reader, writer = client
    body = pack(">hhih", request.API_KEY, request.API_VERSION, 7, 2) + b"me" + request.encode()
    writer.write(pack(">i", len(body)) + body)
    async with asyncio.timeout(LONG):
        frame = await reader.readexactly(unpack_from(">i", await reader.readexactly(4))[0])
    return request.RESPONSE_TYPE.decode(BytesIO(frame[4:]))


async def closed(client: Client) -> None:
    async with asyncio.timeout(LONG):
        assert await client[0].read() == b""


@pytest.mark.parametrize(("user", "password"), [("alice", "wonder,land="), ("a=b,c", "escaped")])
async def test_client_uses_the_broker_when_it_proves_its_password(
    broker: Any, user: str, password: str
) -> None:
    _, servers = await broker(users=USERS)
    link = await BrokerLink.open(
        servers, KafkaSecurity("SASL_PLAINTEXT", "SCRAM-SHA-256", user, password)
    )
    await create_usable(link, [Topic("fruit", 1, 1)])
    assert set(await link.topics(["fruit"])) == {"fruit"}
    await link.close()


@pytest.mark.parametrize(
    ("security", "reason"),
    [
        (PLAINTEXT, "requires SASL: set WAYBILL_KAFKA_SECURITY_PROTOCOL"),
        (
            KafkaSecurity("SASL_PLAINTEXT", "SCRAM-SHA-256", "alice", "wrong"),
            "user alice: check WAYBILL_KAFKA_SASL_USERNAME and the password",
        ),
        (
            KafkaSecurity("SASL_PLAINTEXT", "SCRAM-SHA-256", "mallory", "wonder,land="),
            "user mallory: check WAYBILL_KAFKA_SASL_USERNAME",
        ),
        (
            KafkaSecurity("SASL_PLAINTEXT", "PLAIN", "alice", "wonder,land="),
            "PLAIN: check WAYBILL_KAFKA_SASL_MECHANISM",
        ),
    ],
    ids=["none", "wrong password", "unknown user", "other mechanism"],
)
async def test_refusal_names_the_setting_when_a_client_cannot_log_in(
    broker: Any, security: KafkaSecurity, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    _, servers = await broker(users=USERS)
    with pytest.raises(BrokerRefusedError, match=reason) as refused:
        await BrokerLink.open(servers, security)
    assert "wonder" not in f"{refused.value}{caplog.text}"


async def test_refusal_names_the_setting_when_the_broker_has_no_users(broker: Any) -> None:
    _, servers = await broker()
    with pytest.raises(BrokerRefusedError, match="check WAYBILL_KAFKA_SECURITY_PROTOCOL"):
        await BrokerLink.open(servers, ALICE)


async def test_failed_login_is_logged_with_the_name_of_the_user(
    broker: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    _, servers = await broker(users=USERS)
    for user, line in (("alice", "user alice: its password"), ("no\nbody", r"no user 'no\nbody'")):
        with pytest.raises(BrokerRefusedError):
            await BrokerLink.open(
                servers, KafkaSecurity("SASL_PLAINTEXT", "SCRAM-SHA-256", user, "guess")
            )
        assert line in caplog.text
    assert "guess" not in caplog.text


async def test_connection_is_closed_when_another_request_comes_before_the_login(
    broker: Any,
) -> None:
    connect, _ = await broker(users=USERS)
    async with connect() as client:
        assert (await ask(client, ApiVersionRequest_v0())).error_code == 0
        with pytest.raises(asyncio.IncompleteReadError):
            await ask(client, MetadataRequest_v0([]))


async def test_sasl_out_of_order_is_an_illegal_state(broker: Any) -> None:
    connect, servers = await broker(users=USERS)
    async with connect() as client:
        early = await ask(client, SaslAuthenticateRequest_v0(b"n,,n=alice,r=x"))
        other = await ask(client, SaslHandShakeRequest_v1("PLAIN"))
        after_other = await ask(client, SaslAuthenticateRequest_v0(b"\0alice\0wonder,land="))
    assert early.error_code == after_other.error_code == ILLEGAL_SASL_STATE
    assert other.error_code == UNSUPPORTED_SASL_MECHANISM
    assert other.enabled_mechanisms == ["SCRAM-SHA-256"]
    host, port = servers.split(":")
    known = await create_conn(host, int(port), **ALICE.arguments())
    again = await known.send(SaslHandShakeRequest("SCRAM-SHA-256"))
    known.close()
    assert again.error_code == ILLEGAL_SASL_STATE


@pytest.mark.parametrize(
    "message",
    [b"", b"\xff", b"n,,", b"n,,n=alice", b"p=tls-unique,,n=alice,r=x", b"n,a=bob,n=alice,r=x"],
)
async def test_login_fails_when_the_first_message_is_not_scram(broker: Any, message: bytes) -> None:
    connect, _ = await broker(users=USERS)
    async with connect() as client:
        await ask(client, SaslHandShakeRequest_v1("SCRAM-SHA-256"))
        answer = await ask(client, SaslAuthenticateRequest_v0(message))
    assert answer.error_code == SASL_AUTHENTICATION_FAILED


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"c=biws,r={nonce}",
        b"c=biws,r={nonce},p=no base64!",
        b"c=biws,r={nonce},p=" + base64.b64encode(bytes(32)),
        b"c=biws,r={nonce},p=" + base64.b64encode(bytes(31)),
        b"c=biws,r=another,p=" + base64.b64encode(bytes(32)),
        b"c=eSws,r={nonce},p=" + base64.b64encode(bytes(32)),
    ],
)
async def test_login_fails_when_the_proof_is_not_the_users(broker: Any, message: bytes) -> None:
    connect, _ = await broker(users=USERS)
    async with connect() as client:
        await ask(client, SaslHandShakeRequest_v1("SCRAM-SHA-256"))
        first = await ask(client, SaslAuthenticateRequest_v0(b"n,,n=alice,r=mine"))
        nonce = first.sasl_auth_bytes.split(b",")[0].removeprefix(b"r=")
        last = SaslAuthenticateRequest_v0(message.replace(b"{nonce}", nonce))
        answer = await ask(client, last)
    assert first.error_code == 0
    assert answer.error_code == SASL_AUTHENTICATION_FAILED
    assert not answer.sasl_auth_bytes


def test_each_exchange_has_another_challenge_so_that_a_proof_cannot_be_replayed() -> None:
    verifier = Verifier.of("secret")
    first = FirstMessage.read(b"n,,n=alice,r=mine")
    assert Exchange(first, verifier).challenge != Exchange(first, verifier).challenge


async def test_connection_is_closed_when_it_does_not_log_in(broker: Any) -> None:
    connect, _ = await broker(Unfinished(seconds_max=0.3), users=USERS)
    async with connect() as client:
        await ask(client, ApiVersionRequest_v0())
        await closed(client)


async def test_connection_is_closed_when_it_sends_much_before_its_login(broker: Any) -> None:
    connect, _ = await broker(users=USERS)
    async with connect() as client:
        client[1].write(pack(">i", 100_000))
        await closed(client)


async def test_idle_connections_make_room_for_new_ones_and_keep_no_user_out(broker: Any) -> None:
    _, servers = await broker(users=USERS, connections=Connections(4))
    host, port = servers.split(":")
    known = await BrokerLink.open(servers, ALICE)
    strangers = [await asyncio.open_connection(host, int(port)) for _ in range(9)]
    other = await BrokerLink.open(servers, ALICE)
    for link in (known, other):  # although `known` was idle for longer than any stranger
        assert await link.topics(["fruit"]) == {}
        await link.close()
    for stranger in strangers[:6]:
        await closed(stranger)
    for _, writer in strangers:
        writer.close()
