"""Settings of the inventory service."""

from collections.abc import Iterable
from typing import Annotated, Final, Self

from pydantic import AfterValidator, PositiveInt, SecretStr, model_validator
from typing_extensions import override

from inventory.division import PARTS_MAX
from waybill.process.addresses import is_local_database
from waybill.process.settings import Settings, database_address
from waybill.process.weak_secrets import weakness_of

CONNECTIONS_MIN: Final = 4
"""The consumer, the retries of dead letters and the expiry of reservations each hold a connection
to the first database while they use another one."""


def _addresses(value: SecretStr) -> SecretStr:
    for address in value.get_secret_value().split():
        database_address(SecretStr(address))
    return value


class InventorySettings(Settings):
    """The common settings, the lifetime of a reservation, and the other databases of the stock."""

    service: str = "inventory"

    reservation_minutes: PositiveInt = 15
    """Time until the reservation of an unconfirmed order expires.

    An order usually completes in seconds. The limit leaves minutes for a slow payment provider; a
    longer one would keep the stock of stuck orders from other customers.
    """

    stock_databases: Annotated[SecretStr, AfterValidator(_addresses)] | None = None
    """The other databases if the stock is divided by SKU: their addresses in the order of the
    parts, separated by spaces. `database_url` is that of the first part, which also has the events.
    Before you change it, read docs/scale.md."""

    @model_validator(mode="after")
    def _division_is_possible(self) -> Self:
        others = self.stock_addresses[1:]
        if not others:
            return self
        if len(set(self.stock_addresses)) <= len(others):
            raise ValueError(
                "WAYBILL_STOCK_DATABASES has an address twice, or that of WAYBILL_DATABASE_URL"
            )
        if len(others) >= PARTS_MAX:
            raise ValueError(f"WAYBILL_STOCK_DATABASES has {PARTS_MAX - 1} addresses at most")
        if self.database_pool_max < CONNECTIONS_MIN:
            raise ValueError(
                f"WAYBILL_DATABASE_POOL_MAX must be {CONNECTIONS_MIN} or more with"
                " WAYBILL_STOCK_DATABASES"
            )
        if not self.is_on_this_machine and any(map(weakness_of, others)):
            raise ValueError("WAYBILL_STOCK_DATABASES has a weak password; use a random one")
        return self

    @property
    def stock_addresses(self) -> list[str]:
        """The addresses of the databases of the stock, in the order of their parts."""
        others = self.stock_databases.get_secret_value().split() if self.stock_databases else []
        return [self.database_url.get_secret_value(), *others]

    @override
    def addresses(self) -> Iterable[str]:
        yield from super().addresses()
        for address in self.stock_addresses[1:]:
            yield "localhost" if is_local_database(address) else "elsewhere"

    @property
    @override
    def migrated_urls(self) -> list[str]:
        return [*super().migrated_urls, *self.stock_addresses[1:]]
