"""Settings of the orders service."""

from pydantic import DirectoryPath, NonNegativeFloat, PositiveInt

from waybill.process.settings import Settings


class OrdersSettings(Settings):
    """The common settings; see `waybill.process.settings.Settings`."""

    service: str = "orders"

    token_keys: DirectoryPath
    """The folder of the keys that encrypt payment tokens, the same as that of payments."""
    token_key_seconds: NonNegativeFloat = 60.0
    """The interval at which orders creates a key; 0 if another program creates and destroys keys.
    A key is destroyed 2 minutes after it was superseded, or later with its last authorization."""

    streams_max: PositiveInt = 500
    """Streams of events of orders that one process serves at the same time, some 20 KB each."""
    streams_per_caller_max: PositiveInt = 100
    """Streams of one caller in one process. With open access all callers are one."""

    background_process: bool = True
    """On: orders gets most requests, and receives at least four events for each order."""
