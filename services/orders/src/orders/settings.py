"""Settings of the orders service."""

from pydantic import DirectoryPath, NonNegativeFloat

from waybill.process.settings import Settings


class OrdersSettings(Settings):
    """The common settings; see `waybill.process.settings.Settings`."""

    service: str = "orders"

    token_keys: DirectoryPath
    """The folder of the keys that encrypt payment tokens, the same as that of payments."""
    token_key_seconds: NonNegativeFloat = 300.0
    """The interval at which orders creates a key; 0 if another program creates and destroys keys.
    An old key is destroyed one to two intervals after its last order has ended."""

    background_process: bool = True
    """On: orders gets most requests, and receives at least four events for each order."""
