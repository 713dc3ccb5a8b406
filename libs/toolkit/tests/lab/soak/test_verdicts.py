"""Growth and its limits."""

from collections.abc import Mapping

import pytest

from waybill_toolkit.lab.soak.growth import rise, slope
from waybill_toolkit.lab.soak.planted import ROWS, _wrong
from waybill_toolkit.lab.soak.samples import Sample, TableSize
from waybill_toolkit.lab.soak.verdicts import judge

MB = 2**20


def sample(
    number: int,
    memory: Mapping[str, float] | None = None,
    table: TableSize | None = None,
    unpublished: float = 0,
) -> Sample:
    return Sample(
        seconds=number,
        memory_bytes=memory or {"orders": 40 * MB},
        descriptors={"orders": 30},
        tables={"orders.public.prices": table or TableSize(8192, 100, 0)},
        unpublished_events=unpublished,
        orders_under_way=5,
    )


def broken(samples: list[Sample]) -> list[str]:
    return [verdict.what for verdict in judge(samples, 20) if not verdict.is_ok]


def test_the_slope_is_not_bent_by_peaks() -> None:
    points = [(float(n), 2.0 * n + (1000 if n % 10 == 3 else 0)) for n in range(100)]

    assert slope(points) == pytest.approx(2.0, rel=0.15)


def test_a_rise_during_the_warm_up_is_none() -> None:
    points = [(float(n), min(n, 20) * 1.0) for n in range(100)]

    assert rise(points) == 0


def test_nothing_rises_in_a_single_sample() -> None:
    assert rise([(0.0, 5.0)]) == 0


def test_verdict_is_good_when_nothing_grows() -> None:
    assert broken([sample(n) for n in range(40)]) == []


def test_a_leak_is_found_beneath_noise() -> None:
    leak = [sample(n, {"orders": 40 * MB + n * MB / 4 + n % 3 * MB}) for n in range(100)]

    assert broken(leak) == ["memory of orders, rise"]


def test_a_table_that_swells_without_more_rows_is_found() -> None:
    swollen = [sample(n, table=TableSize(n * 100_000.0, 100, 5)) for n in range(40)]

    assert broken(swollen) == ["size of orders.public.prices, rise"]


def test_dead_rows_are_found_when_vacuum_does_not_keep_up() -> None:
    rows = [sample(n, table=TableSize(MB, 1000.0 * n, 900.0 * n)) for n in range(1, 40)]

    assert broken(rows) == ["dead rows of orders.public.prices"]


def test_a_lag_that_grows_is_found() -> None:
    assert broken([sample(n, unpublished=n * 50.0) for n in range(40)]) == [
        "events not published, rise"
    ]


def test_retention_is_wrong_when_it_leaves_the_old_or_drops_the_young() -> None:
    assert _wrong("orders", (0, ROWS, 0, ROWS, 0, ROWS)) == []
    assert _wrong("orders", (3, ROWS, 0, 0, 0, ROWS)) == [
        "3 of 100 old rows of orders.outbox are still there",
        "100 of 100 young rows of orders.inbox are gone",
    ]
