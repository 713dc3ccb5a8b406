"""Settings of the orders service."""

from waybill.process.settings import Settings


class OrdersSettings(Settings):
    """The common settings; see `waybill.process.settings.Settings`."""

    service: str = "orders"

    background_process: bool = True
    """On: orders gets most requests, and receives at least four events for each order."""
