"""What the inventory service must be told from outside."""

from pydantic import PositiveInt

from waybill.process.settings import Settings


class InventorySettings(Settings):
    """The common settings, and how long a reservation holds."""

    service: str = "inventory"

    reservation_minutes: PositiveInt = 15
    """How long units stay set aside for an order that is not confirmed.

    An order is through in seconds. One that waits for a payment provider has minutes, and while
    the stock of an order that hangs is held, nobody else can have it: a checkout holds it as long.
    """
