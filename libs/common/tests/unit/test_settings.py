import errno
from pathlib import Path

import pytest
from joserfc.jwk import ECKey
from pydantic import ValidationError

from waybill.kafka.security import KafkaSecurity
from waybill.process.settings import (
    ProcessSettings,
    Settings,
    read_settings,
)
from waybill.process.wrong_settings import WrongSettingsError

REQUIRED = {
    "WAYBILL_SERVICE": "orders",
    "WAYBILL_DATABASE_URL": "postgresql://orders:hunter2@127.0.0.1/orders",
    "WAYBILL_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9092",
    "WAYBILL_ACCESS": "open",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in REQUIRED.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_settings_come_from_the_environment(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("WAYBILL_PORT", "7403")
    settings = Settings()
    assert (settings.service, settings.port, settings.token_file) == ("orders", 7403, None)
    assert settings.database_url.get_secret_value() == REQUIRED["WAYBILL_DATABASE_URL"]


def test_issuer_needs_the_audience_of_its_tokens(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("WAYBILL_ACCESS", "https://issuer.example/realms/shop")
    with pytest.raises(ValidationError, match="WAYBILL_ACCESS_AUDIENCE"):
        Settings()
    environment.setenv("WAYBILL_ACCESS_AUDIENCE", "waybill")
    settings = Settings()
    assert (settings.issuer, settings.token_file) == (settings.access, None)


def test_password_is_not_shown(environment: pytest.MonkeyPatch) -> None:
    assert "hunter2" not in repr(Settings())
    environment.setenv("WAYBILL_DATABASE_URL", "mysql://orders:hunter2@127.0.0.1/orders")
    with pytest.raises(ValidationError) as raised:
        Settings()
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("value", [None, ""])
def test_refused_when_a_required_one_is_missing(
    environment: pytest.MonkeyPatch, name: str, value: str | None
) -> None:
    environment.delenv(name) if value is None else environment.setenv(name, value)
    with pytest.raises(ValidationError) as raised:
        Settings()
    assert raised.value.errors()[0]["loc"] == (name.removeprefix("WAYBILL_").lower(),)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WAYBILL_PORT", "70000"),
        ("WAYBILL_GRACEFUL_STOP_SECONDS", "0"),
        ("WAYBILL_LOG_LEVEL", "loud"),
        ("WAYBILL_ACCESS", "/no/such/file"),
        ("WAYBILL_ACCESS", "http://issuer.example"),
    ],
)
def test_refused_when_a_value_makes_no_sense(
    environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    environment.setenv(name, value)
    with pytest.raises(ValidationError):
        Settings()


def test_access_is_a_token_file_when_one_is_named(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tokens = tmp_path / "tokens.json"
    tokens.write_text("{}")
    environment.setenv("WAYBILL_ACCESS", str(tokens))
    assert Settings().token_file == tokens


@pytest.mark.parametrize(
    ("host", "allowed", "hosts"),
    [
        ("127.0.0.1", None, ("127.0.0.1",)),
        ("localhost", None, ("localhost",)),
        ("0.0.0.0", None, None),  # noqa: S104 - nothing is opened
        ("127.0.0.1", "shop.test, other.test", ("127.0.0.1", "shop.test", "other.test")),
        ("127.0.0.1", "*", None),
    ],
)
def test_names_for_the_server_are_restricted_on_a_loopback_address(
    host: str, allowed: str | None, hosts: tuple[str, ...] | None
) -> None:
    settings = ProcessSettings(service="s", host=host, allowed_hosts=allowed)
    assert settings.hosts == hosts


SASL = {
    "WAYBILL_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
    "WAYBILL_KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
    "WAYBILL_KAFKA_SASL_USERNAME": "orders",
}


def set_sasl(environment: pytest.MonkeyPatch, **other: str) -> None:
    for name, value in {**SASL, **other}.items():
        environment.setenv(name, value)


def test_kafka_is_used_without_sasl_by_default(environment: pytest.MonkeyPatch) -> None:
    assert Settings().kafka_security == KafkaSecurity("PLAINTEXT")


def test_sasl_password_comes_from_a_setting_or_a_file_and_is_not_shown(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text("hunter3\n")
    expected = KafkaSecurity("SASL_PLAINTEXT", "SCRAM-SHA-512", "orders", "hunter3")
    for name, value in (("", "hunter3"), ("_FILE", str(tmp_path / "password"))):
        set_sasl(environment, **{f"WAYBILL_KAFKA_SASL_PASSWORD{name}": value})
        assert Settings().kafka_security == expected
        assert "hunter3" not in f"{Settings()!r} {Settings().kafka_security!r}"
        environment.delenv(f"WAYBILL_KAFKA_SASL_PASSWORD{name}")


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ({}, "SASL needs WAYBILL_KAFKA_SASL_PASSWORD or WAYBILL_KAFKA_SASL_PASSWORD_FILE."),
        (
            {"WAYBILL_KAFKA_SASL_USERNAME": "", "WAYBILL_KAFKA_SASL_PASSWORD": "hunter3"},
            "set WAYBILL_KAFKA_SASL_USERNAME, which SASL needs.",
        ),
        (
            {"WAYBILL_KAFKA_SASL_PASSWORD_FILE": "/not/there"},
            (
                "WAYBILL_KAFKA_SASL_PASSWORD_FILE is wrong: /not/there cannot be read: "
                "No such file or directory."
            ),
        ),
    ],
    ids=["no password", "no user", "no such file"],
)
def test_incomplete_sasl_is_refused_with_the_setting_that_is_missing(
    environment: pytest.MonkeyPatch, other: dict[str, str], sentence: str
) -> None:
    set_sasl(environment, **other)
    with pytest.raises(WrongSettingsError) as raised:
        read_settings(Settings)
    assert raised.value.sentences == (sentence,)


def _key(folder: Path, *, is_private: bool) -> str:
    path = folder / f"private-{is_private}.pem"
    path.write_bytes(ECKey.generate_key("P-256").as_pem(private=is_private))
    return str(path)


def test_heads_of_the_security_log_are_signed_with_a_private_key(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.setenv("WAYBILL_SECURITY_LOG_HEADS", str(tmp_path / "heads"))
    environment.setenv("WAYBILL_SECURITY_LOG_KEY", _key(tmp_path, is_private=True))
    key = Settings().head_key
    assert key is not None
    assert key.can_sign


def test_heads_are_refused_when_their_settings_are_incomplete_or_wrong(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    heads, private, nonsense = (
        str(tmp_path / "heads"),
        _key(tmp_path, is_private=True),
        tmp_path / "x",
    )
    nonsense.write_text("no key")
    cases = {
        (heads, ""): "set both WAYBILL_SECURITY_LOG_HEADS and WAYBILL_SECURITY_LOG_KEY",
        ("", private): "set both WAYBILL_SECURITY_LOG_HEADS and WAYBILL_SECURITY_LOG_KEY",
        (heads, _key(tmp_path, is_private=False)): "it must be a private key",
        (heads, str(nonsense)): "it must be a PEM with an EC P-256 or an Ed25519 key",
        (str(tmp_path / "none" / "heads"), private): "is not a folder",
    }
    for (file, key), reason in cases.items():
        environment.setenv("WAYBILL_SECURITY_LOG_HEADS", file)
        environment.setenv("WAYBILL_SECURITY_LOG_KEY", key)
        with pytest.raises(WrongSettingsError, match=reason):
            read_settings(Settings)


def test_a_file_in_a_closed_folder_is_named() -> None:
    def kind() -> Settings:
        raise PermissionError(errno.EACCES, "Permission denied", "/run/secrets/tokens.json")

    with pytest.raises(
        WrongSettingsError, match=r"^A setting names a file: /run/secrets/tokens.json cannot be re"
    ):
        read_settings(kind)
