"""Settings that are safe on one machine only are refused elsewhere (attacks 47 and 83)."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from waybill.process.addresses import is_local_database, is_loopback
from waybill.process.admission import admission_of
from waybill.process.settings import Settings, read_settings
from waybill.process.weak_secrets import weakness_of
from waybill.process.wrong_settings import WrongSettingsError
from waybill_toolkit.testing.certificates import CertificateAuthority

STRONG = "8Jx2-kQm4_vTz9Lw"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - nothing is opened
REQUIRED = {
    "SERVICE": "orders",
    "DATABASE_URL": f"postgresql://orders:{STRONG}@127.0.0.1/orders",
    "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9092",
    "ACCESS": "open",
}


def read(environment: pytest.MonkeyPatch, **changed: str) -> Settings:
    for name in [each for each in os.environ if each.startswith("WAYBILL_")]:
        environment.delenv(name)
    for name, value in {**REQUIRED, **changed}.items():
        environment.setenv(f"WAYBILL_{name}", value)
    return read_settings(Settings)


def fault(environment: pytest.MonkeyPatch, **changed: str) -> str:
    with pytest.raises(WrongSettingsError) as raised:
        read(environment, **changed)
    return str(raised.value)


@pytest.fixture
def tokens(tmp_path: Path) -> str:
    path = tmp_path / "tokens.json"
    path.write_text("{}")
    return str(path)


@pytest.mark.parametrize("host", [EVERYWHERE, "::", "10.0.0.7", "orders", "127.evil.example"])
def test_open_access_is_refused_on_an_address_that_is_not_loopback(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    assert "WAYBILL_ACCESS=open lets every caller" in fault(monkeypatch, HOST=host)
    assert read(monkeypatch, HOST="127.0.0.1").access == "open"


@pytest.mark.parametrize(
    ("url", "is_local"),
    [
        ("postgresql://u:p@127.0.0.1:5432/d", True),
        ("postgresql://u:p@[::1]:5432/d", True),
        ("postgresql://u:p@localhost/d", True),
        ("postgresql://u:p@/d?host=/run/postgresql", True),
        ("postgresql://u:p@%2Frun%2Fpostgresql/d", True),
        ("postgresql:///d", True),
        ("postgresql://u:p@db:5432/d", False),
        ("postgresql://u:p@localhost,db:5433/d", False),
        ("postgresql://u:p@/d?host=db", False),
        ("postgresql://u:p@127.0.0.1.example/d", False),
    ],
)
def test_database_is_local_when_every_host_is(url: str, *, is_local: bool) -> None:
    assert is_local_database(url) == is_local


def test_host_of_the_database_may_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGHOST", "db")
    assert not is_local_database("postgresql:///d")


@pytest.mark.parametrize("mode", ["", "?sslmode=prefer", "?sslmode=require", "?sslmode=verify-ca"])
def test_database_elsewhere_must_be_verified(monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    url = f"postgresql://orders:{STRONG}@db/orders{mode}"
    said = fault(monkeypatch, DATABASE_URL=url)
    assert "WAYBILL_DATABASE_URL is wrong" in said
    assert "add sslmode=verify-full" in said
    assert STRONG not in said
    full = f"postgresql://orders:{STRONG}@db/orders?sslmode=verify-full"
    read(monkeypatch, DATABASE_URL=full)
    assert "does not exist" in fault(monkeypatch, DATABASE_URL=f"{full}&sslrootcert=/not/there")


def test_database_may_be_verified_by_the_variables_of_postgresql(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = f"postgresql://orders:{STRONG}@db/orders"
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    read(monkeypatch, DATABASE_URL=url)
    monkeypatch.setenv("PGSSLROOTCERT", "/not/there")
    assert "does not exist" in fault(monkeypatch, DATABASE_URL=url)
    assert "add sslmode=verify-full" in fault(monkeypatch, DATABASE_URL=f"{url}?sslmode=require")


@pytest.mark.parametrize(
    "secret",
    ["changeme", "Postgres", "password123!", "secret", "short", "orders", "aaaaaaaaaaaaaa"],
)
def test_weak_secret_is_refused_unless_everything_is_on_this_machine(
    monkeypatch: pytest.MonkeyPatch, tokens: str, secret: str
) -> None:
    url = f"postgresql://orders:{secret}@127.0.0.1/orders"
    read(monkeypatch, DATABASE_URL=url)
    said = fault(monkeypatch, DATABASE_URL=url, HOST=EVERYWHERE, ACCESS=tokens)
    assert "WAYBILL_DATABASE_URL has a weak secret" in said
    strong = url.replace(f":{secret}@", f":{STRONG}@")
    sasl = {
        "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
        "KAFKA_SASL_USERNAME": "orders",
        "KAFKA_SASL_PASSWORD": secret,
        "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092",
    }
    said = fault(monkeypatch, DATABASE_URL=strong, **sasl)
    assert "WAYBILL_KAFKA_SASL_PASSWORD has a weak secret" in said
    read(monkeypatch, DATABASE_URL=strong, **{**sasl, "KAFKA_SASL_PASSWORD": STRONG})


def test_random_password_is_not_weak() -> None:
    assert weakness_of(STRONG) is None
    assert weakness_of(f"postgresql://orders:{STRONG}@db/orders") is None
    assert weakness_of("postgresql://orders@db/orders") is None


@pytest.mark.parametrize("token", ["foo", "changeme", "token"])
def test_example_token_is_refused_unless_everything_is_on_this_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, token: str
) -> None:
    path = tmp_path / "tokens.json"
    digest = hashlib.sha256(token.encode()).hexdigest()
    path.write_text(json.dumps({digest: {"subject": "x", "scopes": []}}))
    local = read(monkeypatch, ACCESS=str(path))
    admission_of(local)
    everywhere = read(monkeypatch, ACCESS=str(path), HOST=EVERYWHERE)
    with pytest.raises(WrongSettingsError, match="WAYBILL_ACCESS has the token of an example"):
        admission_of(everywhere)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgresql://orders:from-a-file@127.0.0.1/orders"),
        ("KAFKA_SASL_PASSWORD", "from-a-file"),
    ],
)
def test_secret_comes_from_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str
) -> None:
    (tmp_path / "secret").write_text(f"{value}\n")
    path = {f"{name}_FILE": str(tmp_path / "secret")}
    settings = read(monkeypatch, **{name: "", **path})
    assert getattr(settings, name.lower()).get_secret_value() == value
    assert "from-a-file" not in repr(settings)
    said = fault(monkeypatch, **{name: value, **path})
    assert said == f"Set either WAYBILL_{name} or WAYBILL_{name}_FILE, not both."


def test_certificate_and_key_are_needed_together(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    issued = CertificateAuthority(tmp_path).issue()
    other = CertificateAuthority(tmp_path / "other").issue()
    certificate = {"TLS_CERTIFICATE": str(issued.certificate)}
    assert "set both WAYBILL_TLS_CERTIFICATE and" in fault(monkeypatch, **certificate)
    said = fault(monkeypatch, **certificate, TLS_KEY=str(other.key))
    assert f"{issued.certificate} and {other.key} cannot be used" in said
    assert "KEY_VALUES_MISMATCH" in said
    settings = read(monkeypatch, **certificate, TLS_KEY=str(issued.key))
    assert settings.server_certificate() is not None


def test_password_is_not_sent_in_clear_to_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    sasl = {
        "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
        "KAFKA_SASL_MECHANISM": "PLAIN",
        "KAFKA_SASL_USERNAME": "orders",
        "KAFKA_SASL_PASSWORD": STRONG,
    }
    read(monkeypatch, **sasl)
    said = fault(monkeypatch, **sasl, KAFKA_BOOTSTRAP_SERVERS="kafka:9092")
    assert "PLAIN sends the password" in said
    encrypted = {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_BOOTSTRAP_SERVERS": "kafka:9093"}
    read(monkeypatch, **{**sasl, **encrypted})


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)
