"""What Apache Kafka refuses: the reason names the setting, once in the log; away is no refusal."""

import json
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.jwk import KeySet, RSAKey

from waybill.clock import SystemClock
from waybill.events import Topic
from waybill.kafka.errors import BrokerRefusedError
from waybill.kafka.link import BrokerLink, create_usable, ensure_topics
from waybill.kafka.security import KafkaSecurity
from waybill.kafka.tokens import TokenFile
from waybill_toolkit.platform.apache_kafka.acls import Acl, acls_at
from waybill_toolkit.platform.ports import free_port
from waybill_toolkit.testing.kafka_cluster import KafkaCluster, kafka_cluster

ADMIN, APPLES = (
    KafkaSecurity("SASL_PLAINTEXT", "PLAIN", name, f"secret-of-{name}")
    for name in ("waybill", "apples")
)
ISSUER, AUDIENCE = "https://issuer.example", "kafka"
ALLOWED_URLS = "-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls="


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaCluster]:
    """Run a node with users, as Kafka is by default in all else."""
    passwords = {each.username: each.password for each in (ADMIN, APPLES)}
    others = {"group.min.session.timeout.ms": "6000"}
    folder = tmp_path_factory.mktemp("kafka")
    with kafka_cluster(folder, passwords=passwords, others=others) as cluster:
        yield cluster


async def test_too_short_a_session_timeout_names_the_setting(
    world: Any,
    running: Any,
    eventually: Any,
    cluster: KafkaCluster,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await ensure_topics(cluster.bootstrap_servers, [world.topic], ADMIN)
    consumer = world.consumer(cluster.bootstrap_servers, security=ADMIN)

    async def is_refused() -> bool:
        return "set WAYBILL_KAFKA_SESSION_TIMEOUT_MS to a value" in (consumer.refusal or "")

    async def has_tried_often() -> bool:
        return bool(consumer._backoff.failures > 3)

    async with running(consumer):
        await eventually(is_refused)
        await eventually(has_tried_often)
    said = [each.message for each in caplog.records if "SESSION_TIMEOUT" in each.message]
    assert len(said) == 1


async def test_missing_permissions_name_what_to_do_until_they_are_given(
    world: Any, running: Any, eventually: Any, cluster: KafkaCluster
) -> None:
    servers, topic = cluster.bootstrap_servers, world.topic.name
    await ensure_topics(servers, [world.topic], ADMIN)
    await world.send("a", 1)
    relay = world.relay(servers, security=APPLES)

    async def is_refused() -> bool:
        return "`waybill topics apply --acls`" in (relay.refusal or "")

    async def may_not_write() -> bool:
        return f"events of {topic} are refused" in (relay.refusal or "")

    async def is_published() -> bool:
        return relay.refusal is None and not await world.unpublished()

    async def allow(operation: Any) -> None:
        async with acls_at(servers, ADMIN) as acls:
            await acls.allow([Acl("User:apples", "topic", topic, operation)])

    async with running(relay):
        await eventually(is_refused)
        await allow("describe")
        await eventually(may_not_write)
        await allow("write")
        await eventually(is_published)


async def test_wrong_password_names_the_setting(cluster: KafkaCluster) -> None:
    guess = replace(APPLES, password="a guess")  # noqa: S106 - it is wrong
    with pytest.raises(BrokerRefusedError, match="WAYBILL_KAFKA_SASL_USERNAME and the password"):
        await BrokerLink.open(cluster.bootstrap_servers, guess)


async def test_broker_that_ends_is_away_and_no_refusal(
    world: Any, running: Any, eventually: Any, cluster: KafkaCluster
) -> None:
    relay = world.relay(cluster.bootstrap_servers, security=ADMIN)
    [node] = cluster.nodes.values()

    async def has_tried_often() -> bool:
        return bool(relay._broker_backoff.failures > 3)

    async def is_published() -> bool:
        return not await world.unpublished()

    async with running(relay):
        await world.send("a", 1)
        await eventually(is_published)
        node.stop(signal.SIGKILL)
        await eventually(has_tried_often)
        assert relay.refusal is None
        await world.send("a", 2)
        node.start()
        node.wait_until_ready()
        await eventually(is_published)


@pytest.fixture(scope="module")
def signing_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


@pytest.fixture(scope="module")
def cluster_with_tokens(
    tmp_path_factory: pytest.TempPathFactory, signing_key: rsa.RSAPrivateKey
) -> Iterator[KafkaCluster]:
    """Run a node whose clients log in with tokens, which it checks with the keys in a file."""
    folder = tmp_path_factory.mktemp("kafka")
    keys = folder / "keys.json"
    public = RSAKey.import_key(signing_key.public_key(), {"kid": "rsa", "alg": "RS256"})
    keys.write_text(json.dumps(KeySet([public]).as_dict()))
    package = "org.apache.kafka.common.security.oauthbearer"
    listener = "listener.name.clients"
    brokers = f"CLIENTS://{{host}}:{{port}},INTERNAL://{{host}}:{free_port()}"
    others = {
        "listeners": f"{brokers},CONTROLLER://{{host}}:{{controller}}",
        "advertised.listeners": brokers,
        "listener.security.protocol.map": (
            "CLIENTS:SASL_PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT"
        ),
        "inter.broker.listener.name": "INTERNAL",
        f"{listener}.sasl.enabled.mechanisms": "OAUTHBEARER",
        f"{listener}.oauthbearer.sasl.jaas.config": f"{package}.OAuthBearerLoginModule required;",
        f"{listener}.oauthbearer.sasl.server.callback.handler.class": (
            f"{package}.OAuthBearerValidatorCallbackHandler"
        ),
        f"{listener}.sasl.oauthbearer.jwks.endpoint.url": keys.as_uri(),
        f"{listener}.sasl.oauthbearer.expected.audience": AUDIENCE,
        f"{listener}.sasl.oauthbearer.expected.issuer": ISSUER,
    }
    with kafka_cluster(folder, 1, f"{ALLOWED_URLS}{keys.as_uri()}", others=others) as cluster:
        yield cluster


@pytest.mark.parametrize("fault", [None, "other key", "expired", "other audience"])
async def test_token_is_accepted_or_refused_with_the_settings(
    cluster_with_tokens: KafkaCluster,
    signing_key: rsa.RSAPrivateKey,
    tmp_path: Path,
    fault: str | None,
) -> None:
    now = SystemClock().now()
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    claims = {
        "iss": ISSUER,
        "aud": "shop" if fault == "other audience" else AUDIENCE,
        "sub": "orders",
        "iat": now - timedelta(hours=2),
        "exp": now + timedelta(hours=-1 if fault == "expired" else 1),
    }
    file = tmp_path / "token"
    signer = key if fault == "other key" else signing_key
    file.write_text(jwt.encode(claims, signer, "RS256", {"kid": "rsa"}))
    security = KafkaSecurity("SASL_PLAINTEXT", "OAUTHBEARER", tokens=TokenFile(file))
    if fault:
        with pytest.raises(BrokerRefusedError, match="check WAYBILL_KAFKA_SASL_TOKEN_FILE"):
            await BrokerLink.open(cluster_with_tokens.bootstrap_servers, security)
        return
    link = await BrokerLink.open(cluster_with_tokens.bootstrap_servers, security)
    await create_usable(link, [Topic("fruit", 1, 1)])
    assert set(await link.topics(["fruit"])) == {"fruit"}
    await link.close()
