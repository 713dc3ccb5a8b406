"""The settings of a client of Kafka: tokens, a prefix, and what is refused."""

from pathlib import Path

import pytest

from waybill.kafka.tokens import ClientCredentials, TokenFile
from waybill.process.kafka_settings import KafkaSettings
from waybill.process.settings import ProcessSettings, read_settings
from waybill.process.wrong_settings import WrongSettingsError

TOKENS = {"SECURITY_PROTOCOL": "SASL_SSL", "SASL_MECHANISM": "OAUTHBEARER"}
ENDPOINT = {"SASL_TOKEN_ENDPOINT": "https://issuer.example/token"}
CLIENT = {"SASL_USERNAME": "orders", "SASL_PASSWORD": "a long and random secret"}


class _Settings(KafkaSettings, ProcessSettings):
    service: str = "orders"


def read(monkeypatch: pytest.MonkeyPatch, **settings: str) -> KafkaSettings:
    for name, value in {"BOOTSTRAP_SERVERS": "kafka:9093", **settings}.items():
        monkeypatch.setenv(f"WAYBILL_KAFKA_{name}", value)
    return read_settings(_Settings)


def test_token_comes_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.touch()
    security = read(monkeypatch, **TOKENS, SASL_TOKEN_FILE=str(file)).kafka_security
    assert isinstance(security.tokens, TokenFile)
    assert security.arguments()["sasl_oauth_token_provider"] is security.tokens


def test_token_comes_from_an_issuer(monkeypatch: pytest.MonkeyPatch) -> None:
    security = read(monkeypatch, **TOKENS, **ENDPOINT, **CLIENT).kafka_security
    assert isinstance(security.tokens, ClientCredentials)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (TOKENS, "either WAYBILL_KAFKA_SASL_TOKEN_FILE or WAYBILL_KAFKA_SASL_TOKEN_ENDPOINT"),
        (TOKENS | ENDPOINT, "set WAYBILL_KAFKA_SASL_USERNAME"),
        (
            TOKENS | CLIENT | {"SASL_TOKEN_ENDPOINT": "http://issuer.example/token"},
            "WAYBILL_KAFKA_SASL_TOKEN_ENDPOINT is wrong",
        ),
        (
            TOKENS | CLIENT | ENDPOINT | {"SECURITY_PROTOCOL": "SASL_PLAINTEXT"},
            "OAUTHBEARER sends the token: set WAYBILL_KAFKA_SECURITY_PROTOCOL=SASL_SSL",
        ),
        (
            {**CLIENT, **ENDPOINT, "SECURITY_PROTOCOL": "SASL_SSL"},
            "needs WAYBILL_KAFKA_SASL_MECHANISM=OAUTHBEARER",
        ),
        ({"PREFIX": "two words."}, "WAYBILL_KAFKA_PREFIX is wrong"),
    ],
    ids=["no source", "no client", "no https", "no TLS", "no OAUTHBEARER", "prefix"],
)
def test_what_cannot_work_is_refused_with_the_setting(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], reason: str
) -> None:
    with pytest.raises(WrongSettingsError, match=reason):
        read(monkeypatch, **settings)


def test_prefix_and_topics_are_left_alone_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch)
    assert (settings.kafka_security.prefix, settings.kafka_create_topics) == ("", True)
    assert read(monkeypatch, PREFIX="staging.").kafka_security.prefix == "staging."
