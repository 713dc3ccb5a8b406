"""The settings of divided stock."""

import pytest
from pydantic import ValidationError

from inventory.settings import InventorySettings

FIRST, SECOND, THIRD = (f"postgresql://localhost/stock_{number}" for number in range(3))
COMMON = {"access": "open", "kafka_bootstrap_servers": "localhost:9092", "database_url": FIRST}
REMOTE = "sslmode=verify-full"
STRONG = f"postgresql://inventory:Zk3qVt8mWp2xRb7n@db.example/a?{REMOTE}"


def _settings(**values: object) -> InventorySettings:
    return InventorySettings.model_validate({**COMMON, **values})


def test_one_database_has_all_stock_by_default() -> None:
    settings = _settings()

    assert settings.stock_addresses == [FIRST]
    assert settings.migrated_urls == [FIRST]


def test_other_databases_are_separated_by_spaces() -> None:
    settings = _settings(stock_databases=f"{SECOND}  {THIRD}\n")

    assert settings.stock_addresses == [FIRST, SECOND, THIRD]
    assert settings.migrated_urls == [FIRST, SECOND, THIRD]
    assert settings.is_on_this_machine


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"stock_databases": f"{SECOND},{THIRD} mysql://x/y"}, "must begin with postgresql://"),
        ({"stock_databases": FIRST}, "an address twice"),
        ({"stock_databases": f"{SECOND} {SECOND}"}, "an address twice"),
        ({"stock_databases": SECOND, "database_pool_max": 3}, "POOL_MAX must be 4 or more"),
        ({"stock_databases": "postgresql://db.example/stock"}, "add sslmode=verify-full"),
        (
            {"stock_databases": f"{STRONG} postgresql://inventory:secret@db.example/b?{REMOTE}"},
            "has a weak password",
        ),
        (
            {"stock_databases": " ".join(f"postgresql://localhost/{n}" for n in range(64))},
            "63 addresses at most",
        ),
    ],
)
def test_refused_when_stock_cannot_be_divided_so(values: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        _settings(**values)
