"""Settings of the orders service."""

from waybill.settings import Settings


class OrdersSettings(Settings):
    """Those that every service has; see `waybill.settings.Settings`."""

    service: str = "orders"
