"""A broker that refuses a service, which is not the same as one that is away."""

import gc
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from aiokafka.conn import ScramAuthenticator  # type: ignore[import-untyped]

from waybill.kafka.errors import BrokerRefusedError
from waybill.kafka.link import BrokerLink, ensure_topics
from waybill.kafka.security import KafkaSecurity
from waybill_toolkit.platform.broker import BrokerServer
from waybill_toolkit.platform.ports import free_port

Permissions = dict[str, Sequence[str]]
Allow = Callable[[Permissions], str]

USER, ADMIN = (
    KafkaSecurity("SASL_PLAINTEXT", "SCRAM-SHA-256", name, f"secret of {name}")
    for name in ("apples", "admin")
)
ALL: Permissions = {name: ["*"] for name in ("write", "read", "create", "join")}


@pytest.fixture
def allow(tmp_path: Path) -> Iterator[Allow]:
    """Give a function that starts the broker again with other permissions of the user."""
    users = tmp_path / "users.json"
    server = BrokerServer(tmp_path, free_port(), users=users)

    def start(permissions: Permissions) -> str:
        server.stop()
        entries = {
            "apples": {"password": USER.password, "permissions": permissions},
            "admin": {"password": ADMIN.password, "permissions": ALL},
        }
        users.write_text(json.dumps(entries))
        server.start()
        return server.bootstrap_servers

    yield start
    server.stop()
    # aiokafka leaves a suspended generator after a refusal. Python 3.11 can raise SystemError when
    # one is collected while code is compiled, which pytest does at its end (cpython#106905).
    gc.collect()


@pytest.mark.parametrize(
    ("lacking", "reason"),
    [
        ("read", "TopicAuthorizationFailedError"),
        ("join", "GroupAuthorizationFailedError"),
    ],
)
async def test_consumer_says_why_it_is_refused_until_it_is_allowed(  # noqa: PLR0917 - fixtures
    world: Any, running: Any, eventually: Any, allow: Allow, lacking: str, reason: str
) -> None:
    servers = allow({**ALL, lacking: [], "write": [], "create": []})
    await ensure_topics(servers, [world.topic], ADMIN)
    consumer = world.consumer(servers, security=USER)

    async def is_refused() -> bool:
        return consumer.refusal is not None and reason in consumer.refusal

    async def is_allowed() -> bool:
        return consumer.refusal is None and consumer.assigned > 0

    async with running(consumer):
        await eventually(is_refused)
        allow(ALL)
        await eventually(is_allowed)


async def test_relay_says_why_it_is_refused_and_publishes_when_it_is_allowed(
    world: Any, running: Any, eventually: Any, allow: Allow
) -> None:
    await world.send("a", 1)
    relay = world.relay(allow({}), security=USER)

    async def is_refused() -> bool:
        return "TopicAuthorizationFailedError" in (relay.refusal or "")

    async def is_published() -> bool:
        return relay.refusal is None and not await world.unpublished()

    async with running(relay):
        await eventually(is_refused)
        allow(ALL)
        await eventually(is_published)


async def test_follower_says_that_it_is_refused_too(
    world: Any, running: Any, eventually: Any, allow: Allow
) -> None:
    servers = allow(ALL)
    leader = world.relay(servers, security=USER)
    guess = KafkaSecurity("SASL_PLAINTEXT", "SCRAM-SHA-256", "apples", "a guess")
    follower = world.relay(servers, security=guess)

    async def leads() -> bool:
        return bool(leader.is_leader)

    async def is_refused() -> bool:
        return "WAYBILL_KAFKA_SASL_USERNAME and the password" in (follower.refusal or "")

    async with running(leader):
        await eventually(leads)
        async with running(follower):
            await eventually(is_refused)
            assert leader.refusal is None


async def test_wrong_password_is_a_refusal_that_names_the_setting(
    world: Any, running: Any, eventually: Any, allow: Allow
) -> None:
    guess = KafkaSecurity("SASL_PLAINTEXT", "SCRAM-SHA-256", "apples", "a guess")
    relay = world.relay(allow(ALL), security=guess)

    async def is_refused() -> bool:
        return "WAYBILL_KAFKA_SASL_USERNAME and the password" in (relay.refusal or "")

    async with running(relay):
        await eventually(is_refused)
        assert "a guess" not in relay.refusal


async def test_server_that_fails_within_a_scram_message_is_a_refusal(
    allow: Allow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As RFC 5802 says and Kafka does not: `e=`, and no error code."""
    read = ScramAuthenticator.process_server_final_message

    def fail(authenticator: Any, _: str) -> None:
        read(authenticator, "e=invalid-proof")

    monkeypatch.setattr(ScramAuthenticator, "process_server_final_message", fail)
    with pytest.raises(BrokerRefusedError, match="for user apples: check the password"):
        await BrokerLink.open(allow(ALL), USER)


async def test_broker_that_is_away_is_no_refusal(world: Any, running: Any, eventually: Any) -> None:
    relay = world.relay(f"127.0.0.1:{free_port()}", security=USER)

    async def has_tried() -> bool:
        return bool(relay._broker_backoff.failures > 1)

    async with running(relay):
        await eventually(has_tried)
        assert relay.refusal is None
