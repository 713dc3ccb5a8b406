"""An unreadable batch is discarded whenever it is parked, so that no audit finds it."""

import random
from pathlib import Path

import pytest
from typing_extensions import override

from waybill_toolkit.lab.chaos import broker_faults
from waybill_toolkit.lab.chaos.broker_faults import BrokerFaults
from waybill_toolkit.lab.chaos.event import Event
from waybill_toolkit.lab.chaos.load import Stopwatch
from waybill_toolkit.lab.chaos.schedule import Fault, Kind
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.testing.eventually import eventually


class SlowService(BrokerFaults):
    """The target parks the batch when a test lets it."""

    def __init__(self) -> None:
        chance = random.Random(1)  # noqa: S311 - repeatable, no secret
        super().__init__(Platform(Path(), 0, {}, []), Stopwatch(), chance)
        self.is_answer_lost = False
        self.parked = 0
        self.discarded: list[str] = []

    @override
    async def write_to(self, service: str) -> None:
        if self.is_answer_lost:
            raise ConnectionError("the broker has appended the batch, and its answer is lost")

    @override
    async def discard(self, service: str) -> bool:
        self.discarded += [service] * self.parked
        self.parked, found = 0, self.parked
        return found > 0

    async def count(self) -> int:
        return len(self.discarded)


@pytest.mark.parametrize("is_answer_lost", [False, True])
async def test_a_batch_that_is_parked_late_is_discarded_at_the_end(
    monkeypatch: pytest.MonkeyPatch, *, is_answer_lost: bool
) -> None:
    monkeypatch.setattr(broker_faults, "PARKED_SECONDS", 0.01)
    faults = SlowService()
    faults.is_answer_lost = is_answer_lost
    with pytest.raises(OSError):  # noqa: PT011 - of either kind: the fault counts as missed
        await faults.write_unreadable(Event(Fault(0, 0.0, Kind.UNREADABLE, "orders", 0.0), 0.0))
    async with faults.discarding():
        faults.parked = 1
        await eventually("the batch is discarded", faults.count, bool)
    faults.parked = 1
    assert faults.discarded == ["orders"]


async def test_nothing_is_discarded_that_was_not_written() -> None:
    faults = SlowService()
    faults.parked = 1
    async with faults.discarding():
        await faults.write_to("orders")
    assert faults.discarded == []
