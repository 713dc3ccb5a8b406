"""Settings of the inventory service."""

from pydantic import PositiveInt

from waybill.process.settings import Settings


class InventorySettings(Settings):
    """The common settings and the lifetime of a reservation."""

    service: str = "inventory"

    reservation_minutes: PositiveInt = 15
    """Time until the reservation of an unconfirmed order expires.

    An order usually completes in seconds. The limit leaves minutes for a slow payment provider; a
    longer one would keep the stock of stuck orders from other customers.
    """
