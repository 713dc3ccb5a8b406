"""The search for the sustained rate."""

from dataclasses import dataclass, field

import pytest

from waybill_toolkit.lab.bench.searching import RESOLUTION, highest_sustained


@dataclass
class Platform:
    """Sustains rates up to a limit, and for the full time up to a lower one."""

    briefly: float
    for_long: float
    attempts: list[tuple[float, bool]] = field(default_factory=list)

    async def attempt(self, per_second: float, *, for_long: bool) -> bool:
        self.attempts.append((per_second, for_long))
        return per_second <= (self.for_long if for_long else self.briefly)


@pytest.mark.parametrize("limit", [3.0, 42.0, 100.0, 637.0, 5000.0])
async def test_the_rate_found_is_just_below_the_limit(limit: float) -> None:
    platform = Platform(limit, limit)

    found = await highest_sustained(platform.attempt, 100.0)

    assert limit / (1 + RESOLUTION) <= found <= limit
    assert len(platform.attempts) < 20


async def test_the_rate_is_lowered_when_it_holds_only_briefly() -> None:
    platform = Platform(briefly=800.0, for_long=600.0)

    found = await highest_sustained(platform.attempt, 100.0)

    assert 600 / (1 + RESOLUTION) <= found <= 600
    assert platform.attempts[-1] == (found, True)


async def test_a_rate_counts_only_when_it_held_for_long() -> None:
    platform = Platform(briefly=500.0, for_long=500.0)

    found = await highest_sustained(platform.attempt, 100.0)

    assert [attempt for attempt in platform.attempts if attempt[1]] == [(found, True)]


async def test_nothing_is_sustained_when_no_rate_is() -> None:
    assert await highest_sustained(Platform(0.0, 0.0).attempt, 100.0) == 0.0
    assert await highest_sustained(Platform(50.0, 0.0).attempt, 100.0) == 0.0
