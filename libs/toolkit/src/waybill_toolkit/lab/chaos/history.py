"""The responses that clients got, for the comparison with the system."""

from dataclasses import dataclass, field

from waybill_toolkit.operations.workload.client import WantedOrder


@dataclass(slots=True)
class Attempt:
    """One order of a client, and the responses about it."""

    wanted: WantedOrder
    began: float
    """Seconds since the start of the campaign, like all times here."""
    order_ids: list[str] = field(default_factory=list)
    """The acknowledged order ids, one for each successful request."""
    refusal: str = ""
    accepted: float | None = None
    ended: float | None = None
    """When the client first saw a final status."""
    status: str = ""
    """The last status that the client saw."""
    is_cancelled: bool = False
    """Whether a cancellation was acknowledged."""
    lost_sight: bool = False
    """Whether the system once returned 404 for an acknowledged order."""

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
    """The attempts of one client."""

    client: str
    attempts: list[Attempt] = field(default_factory=list)
