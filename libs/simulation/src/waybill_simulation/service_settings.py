"""The settings that the services have in a history."""

from pathlib import Path
from typing import Any, Final, TypeVar

from inventory.settings import InventorySettings
from orders.settings import OrdersSettings
from payments.settings import PaymentsSettings
from waybill.process.settings import Settings
from waybill_simulation.scenario import Scenario

_TOKEN_KEYS: Final = Path(__file__).with_name("token_keys")
_SETTINGS: Final[dict[Any, Any]] = {}
Made = TypeVar("Made", bound=Settings)


def settings_of(service: str, scenario: Scenario) -> Settings:
    """Return the settings of a service in a history."""
    common: dict[str, Any] = {
        "database_url": _url(service),
        "kafka_bootstrap_servers": "localhost",
        "kafka_partitions_max": scenario.partitions,
        "access": "open",
    }
    match service:
        case "orders":
            return _made(OrdersSettings, token_keys=_TOKEN_KEYS, token_key_seconds=0, **common)
        case "inventory":
            minutes = scenario.reservation_seconds / 60
            others = scenario.databases_of("inventory")[1:]
            if others:
                common["stock_databases"] = " ".join(map(_url, others))
            return _made(InventorySettings, **common).model_copy(
                update={"reservation_minutes": minutes}
            )
        case _:
            return _made(
                PaymentsSettings,
                token_keys=_TOKEN_KEYS,
                provider_calls_max=4,
                provider_call_timeout_seconds=1.0,
                provider_lease_seconds=4.0,
                provider_retry_longest_seconds=2.0,
                provider_poll_seconds=4.0,
                **common,
            )


def _url(database: str) -> str:
    return f"postgresql://localhost/{database}"


def _made(kind: type[Made], **values: Any) -> Made:  # noqa: ANN401 (any settings)
    key = (kind, tuple(values.items()))
    if key not in _SETTINGS:
        _SETTINGS[key] = kind.model_validate(values)
    made: Made = _SETTINGS[key]
    return made
