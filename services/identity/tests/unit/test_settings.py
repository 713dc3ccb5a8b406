"""Demo principals exist on a laptop only."""

from pathlib import Path
from secrets import token_urlsafe

import pytest
from pydantic import ValidationError

from identity.settings import IdentitySettings


def settings(folder: Path, **changes: object) -> IdentitySettings:
    (folder / "tokens.json").write_text("{}")
    usual = {
        "database_url": "postgresql://localhost/identity",
        "kafka_bootstrap_servers": "127.0.0.1:1",
        "access": str(folder / "tokens.json"),
        "public_url": "http://127.0.0.1:7400",
        "key_encryption_keys": str(folder),
        "index_key": token_urlsafe(32),
        "mail_folder": str(folder),
        "demo_users": str(folder),
    }
    return IdentitySettings.model_validate({**usual, **changes})


def test_demo_principals_are_allowed_on_loopback(tmp_path: Path) -> None:
    assert settings(tmp_path).demo_users == tmp_path


@pytest.mark.parametrize(
    "change", [{"host": "192.0.2.1"}, {"public_url": "https://shop.example"}, {"host": "10.0.0.1"}]
)
def test_demo_principals_are_refused_when_others_can_reach_them(
    tmp_path: Path, change: dict[str, str]
) -> None:
    with pytest.raises(ValidationError, match="WAYBILL_DEMO_USERS needs loopback"):
        settings(tmp_path, **change)
    assert settings(tmp_path, **change, demo_users=None).demo_users is None


def test_a_short_index_key_is_refused_without_showing_it(tmp_path: Path) -> None:
    with pytest.raises(ValidationError) as refused:
        settings(tmp_path, index_key="guessable")
    assert "at least 32" in str(refused.value)
    assert "guessable" not in str(refused.value)
