"""Settings of the orders service: those that every service has."""

from waybill.settings import Settings


class OrdersSettings(Settings):
    """See `waybill.settings.Settings`."""
