"""Settings of the orders service."""

from waybill.process.settings import Settings


class OrdersSettings(Settings):
    """Those that every service has; see `waybill.process.settings.Settings`."""

    service: str = "orders"

    background_process: bool = True
    """Here most requests come in, and each order brings four events to deal with."""
