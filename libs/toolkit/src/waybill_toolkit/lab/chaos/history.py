"""What clients were told, in their own words: the one side of the comparison at the end."""

from dataclasses import dataclass, field

from waybill_toolkit.operations.workload.client import WantedOrder


@dataclass(slots=True)
class Attempt:
    """One order a client wants, and all that it was told about it."""

    wanted: WantedOrder
    began: float
    """Seconds since the campaign began, as all times here."""
    order_ids: list[str] = field(default_factory=list)
    """What was acknowledged, once for each time that it was asked for."""
    refusal: str = ""
    accepted: float | None = None
    ended: float | None = None
    """When it was first seen final."""
    status: str = ""
    """The last that was seen."""
    is_cancelled: bool = False
    """The client asked for it, and was told that it would be."""
    lost_sight: bool = False
    """The system once did not know an order that it had acknowledged."""

    @property
    def is_acknowledged(self) -> bool:
        return bool(self.order_ids)

    @property
    def accept_seconds(self) -> float | None:
        return None if self.accepted is None else self.accepted - self.began

    @property
    def end_seconds(self) -> float | None:
        return None if self.ended is None else self.ended - self.began


@dataclass(slots=True)
class History:
    """What one client did and saw."""

    client: str
    attempts: list[Attempt] = field(default_factory=list)
