"""The limits of growth during a soak test.

memory         of a process: 5 % or 4 MB, after the warm-up
descriptors    5 % or 8
tables         with a constant number of rows (stock, prices): 10 % or 1 MB. Of the others at
most 35 % of the rows may be dead: autovacuum starts at 20 %, once a minute
lag            unpublished events, orders in progress: those of one second
retention      see planted
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from waybill_toolkit.lab.soak.growth import Point, level, rise
from waybill_toolkit.lab.soak.samples import Sample, TableSize

EVENTS_PER_ORDER: Final = 10

_MEMORY_BYTES: Final = 4 * 2**20
_DESCRIPTORS: Final = 8.0
_TABLE_BYTES: Final = 2**20
_ORDERS: Final = 10.0
_SHARE: Final = 0.05
_TABLE_SHARE: Final = 0.10
_DEAD_SHARE_MAX: Final = 0.35
_LARGE_ROWS: Final = 5_000  # smaller tables are not checked
_GROWS_SHARE: Final = 0.02


@dataclass(frozen=True, slots=True)
class Verdict:
    """The growth of one figure, and its limit."""

    what: str
    measured: float
    allowed: float
    unit: str

    @property
    def is_ok(self) -> bool:
        return self.measured <= self.allowed

    @property
    def is_worth_a_look(self) -> bool:
        """Whether it exceeds a tenth of its limit."""
        return self.measured > self.allowed / 10

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "ok": self.is_ok}


def judge(samples: Sequence[Sample], orders_per_second: float) -> list[Verdict]:
    """Check a series of samples taken under a constant load."""
    late = max(_ORDERS, orders_per_second)
    return [
        *_rises(samples, lambda each: each.memory_bytes, "memory", "bytes", _MEMORY_BYTES),
        *_rises(samples, lambda each: each.descriptors, "descriptors", "descriptors", _DESCRIPTORS),
        *_tables(samples),
        _lag(samples, "events not published", late * EVENTS_PER_ORDER),
        _lag(samples, "orders under way", late),
    ]


def _rises(
    samples: Sequence[Sample],
    values: Callable[[Sample], Mapping[str, float]],
    what: str,
    unit: str,
    least: float,
) -> Iterator[Verdict]:
    for name in sorted(values(samples[-1])):
        points = _series(samples, lambda each: values(each).get(name))  # noqa: B023 - used at once
        allowed = max(least, _SHARE * level(points))
        yield Verdict(f"{what} of {name}, rise", rise(points), allowed, unit)


def _tables(samples: Sequence[Sample]) -> Iterator[Verdict]:
    for name in sorted(samples[-1].tables):
        sizes = [each.tables[name] for each in samples if name in each.tables]
        live = _series(samples, lambda each: _of(each, name, "live_rows"))  # noqa: B023
        if rise(live) <= _GROWS_SHARE * level(live):
            points = _series(samples, lambda each: _of(each, name, "bytes"))  # noqa: B023
            allowed = max(_TABLE_BYTES, _TABLE_SHARE * level(points))
            yield Verdict(f"size of {name}, rise", rise(points), allowed, "bytes")
        elif sizes[-1].live_rows >= _LARGE_ROWS:
            dead = [(each.seconds, _dead_share(each.tables[name])) for each in samples]
            yield Verdict(f"dead rows of {name}", level(dead), _DEAD_SHARE_MAX, "share")


def _lag(samples: Sequence[Sample], what: str, allowed: float) -> Verdict:
    names = {
        "events not published": "unpublished_events",
        "orders under way": "orders_under_way",
    }
    points = _series(samples, lambda each: float(getattr(each, names[what])))
    return Verdict(f"{what}, rise", rise(points), allowed, "count")


def _series(samples: Sequence[Sample], value: Callable[[Sample], float | None]) -> list[Point]:
    known = ((each.seconds, value(each)) for each in samples)
    return [(seconds, found) for seconds, found in known if found is not None]


def _of(sample: Sample, table: str, field: str) -> float | None:
    size = sample.tables.get(table)
    return None if size is None else float(getattr(size, field))


def _dead_share(size: TableSize) -> float:
    rows = size.live_rows + size.dead_rows
    return size.dead_rows / rows if rows else 0.0
