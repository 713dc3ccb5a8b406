"""Declarations of metrics, and their values in this process.

Each wing declares its metrics in a module `metrics` of its own, once, at import; the table of
docs/telemetry.md is generated from the declarations. `waybill.process.metrics` serves the values.

    REQUESTS = counter("waybill_things_total", "Things made.", ("kind",), unit="things")
    MADE = REQUESTS.labels("small")      bound once, at import or at the start
    MADE.inc()                           half a microsecond

A value that exists anyway, such as the size of a queue, is a `Reading`: it is read when somebody
asks for /metrics, and costs nothing otherwise.

Labels have values of a bounded set: operations, event types, steps, reasons. Never ids.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from typing_extensions import override

Kind: TypeAlias = Literal["counter", "gauge", "histogram", "info"]
Scope: TypeAlias = Literal["process", "service"]

REGISTRY: Final = CollectorRegistry(auto_describe=False)
"""What this process has counted. Not prometheus_client's default one, which belongs to users."""

FAST_SECONDS: Final = (
    *(0.001, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.05),
    *(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
"""Buckets of requests, transactions and batches: dense from 5 to 25 ms, where the medians lie."""

SLOW_SECONDS: Final = (
    *(0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.0, 5.0),
    *(10.0, 30.0, 60.0, 300.0, 900.0),
)
"""Buckets of what takes several steps: an order has 10 s, and its longest deadline is 5 minutes."""

PROCESS: Final = "process"
"""The last label of what each process of a service has for itself: serving or background."""

_SAME: Final = "The same on every replica: aggregate with max."
_NAME: Final = re.compile(r"waybill(_[a-z][a-z0-9]*)+")
_RESERVED: Final = ("_bucket", "_count", "_sum", "_created")


@dataclass(frozen=True, slots=True)
class Declaration:
    """One metric. `unit` is for people; the name ends in it where Prometheus asks for that."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...]
    unit: str
    scope: Scope
    """Whether each replica has its own part, or all of them read the same from the database or the
    broker."""

    @property
    def text(self) -> str:
        """The meaning, and how to aggregate what all replicas read."""
        return f"{self.help} {_SAME}" if self.scope == "service" else self.help


DECLARED: Final[dict[str, Declaration]] = {}
"""All metrics that were declared so far, by name."""


class Sample(NamedTuple):
    """One value of a reading."""

    name: str
    labels: tuple[str, ...]
    value: float


class Reading:
    """A metric whose value is read when somebody asks for it."""

    def __init__(self, declaration: Declaration) -> None:
        self.declaration: Final = declaration

    def of(self, value: float, *labels: str) -> Sample:
        """Return a value. Raises ValueError when there are too few labels, or too many.

        The label `process` is added where the values of both processes come together.
        """
        if len(labels) != len([each for each in self.declaration.labels if each != PROCESS]):
            raise ValueError(f"{self.declaration.name} has labels {self.declaration.labels}")
        return Sample(self.declaration.name, labels, float(value))


Read: TypeAlias = Callable[[], Iterable[Sample]]
READERS: Final[list[Read]] = []
"""What reads the readings of this process."""


def read_by(read: Read) -> Read:
    """Call `read` whenever the readings of this process are asked for."""
    READERS.append(read)
    return read


ZEROS: Final[set[tuple[str, tuple[str, ...]]]] = set()
"""Counters that are shown before they have counted anything, by name and labels."""


def begin_at_zero(name: str, *labels: str) -> None:
    """Show a counter as 0 until it counts: the rate of what appears as 1 is 0 to Prometheus."""
    ZEROS.add((name, labels))


class _Counter(Counter):
    @override
    def labels(self, *values: Any, **named: Any) -> "_Counter":
        # Without a lock and the checks of the names: a fifth of the time, sixty times an order.
        known: Any = self._metrics.get(values) if self._labelnames else None
        return known or super().labels(*values, **named)


class _Histogram(Histogram):
    @override
    def labels(self, *values: Any, **named: Any) -> "_Histogram":
        known: Any = self._metrics.get(values) if self._labelnames else None
        return known or super().labels(*values, **named)


def counter(name: str, meaning: str, labels: Sequence[str] = (), *, unit: str) -> Counter:
    """Declare a counter, whose name ends in `_total`. Raises ValueError for a wrong name."""
    _declare(name, "counter", meaning, labels, unit=unit)
    return _Counter(name, meaning, labels, registry=REGISTRY)


def histogram(
    name: str,
    meaning: str,
    labels: Sequence[str] = (),
    *,
    unit: str = "seconds",
    buckets: Sequence[float] = FAST_SECONDS,
) -> Histogram:
    """Declare a histogram. Raises ValueError for a wrong name."""
    _declare(name, "histogram", meaning, labels, unit=unit)
    return _Histogram(name, meaning, labels, registry=REGISTRY, buckets=buckets)


def gauge(name: str, meaning: str, labels: Sequence[str] = (), *, unit: str) -> Gauge:
    """Declare a gauge that code sets; those of a service's two processes are added.

    Raises ValueError for a wrong name.
    """
    _declare(name, "gauge", meaning, labels, unit=unit)
    return Gauge(name, meaning, labels, registry=REGISTRY)


def reading(
    name: str,
    meaning: str,
    labels: Sequence[str] = (),
    *,
    unit: str,
    kind: Literal["gauge", "counter", "info"] = "gauge",
    scope: Scope = "process",
) -> Reading:
    """Declare a metric that is read when somebody asks. Raises ValueError for a wrong name."""
    return Reading(_declare(name, kind, meaning, labels, unit=unit, scope=scope))


def _declare(
    name: str,
    kind: Kind,
    meaning: str,
    labels: Sequence[str],
    *,
    unit: str,
    scope: Scope = "process",
) -> Declaration:
    if not _NAME.fullmatch(name) or name.endswith(_RESERVED):
        raise ValueError(f"metric {name}: a name is waybill_, and words of a to z and 0 to 9")
    if name.endswith("_total") is not (kind == "counter"):
        raise ValueError(f"metric {name}: counters, and only they, end in _total")
    if name.endswith("_info") is not (kind == "info"):
        raise ValueError(f"metric {name}: what is always 1, and only that, ends in _info")
    if unit == "seconds" and not name.removesuffix("_total").endswith("_seconds"):
        raise ValueError(f"metric {name}: one in seconds ends in _seconds")
    if name in DECLARED:
        raise ValueError(f"metric {name} is declared twice")
    found = Declaration(name, kind, meaning, tuple(labels), unit, scope)
    DECLARED[name] = found
    return found
