"""Waiting until the platform is idle."""

import asyncio
import itertools
import time
from pathlib import Path

import pytest

from waybill_toolkit.operations.audit import Moving, Report
from waybill_toolkit.operations.workload import session
from waybill_toolkit.platform.handle import Platform

READING_SECONDS = 0.5
PLATFORM = Platform(Path(), 0, {}, [])


async def test_a_slow_audit_rests_as_long_as_it_took(monkeypatch: pytest.MonkeyPatch) -> None:
    readings: list[tuple[float, float]] = []

    async def audit_slowly(_platform: Platform) -> Report:
        began = time.monotonic()
        await asyncio.sleep(READING_SECONDS)
        readings.append((began, time.monotonic()))
        return Report([], Moving(1, 0, 0, 0))

    monkeypatch.setattr(session, "audit_of", audit_slowly)

    report = await session.audit_when_settled(PLATFORM, settle_seconds=1.2)

    assert report.moving.orders == 1
    assert len(readings) == 2
    for (began, ended), (begins_again, _) in itertools.pairwise(readings):
        assert begins_again - ended >= 0.9 * (ended - began)
