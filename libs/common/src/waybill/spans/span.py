"""A span: what one unit of work did, and when."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import IntEnum
from typing import Final, NamedTuple, TypeAlias

from waybill.trace import TraceContext

Attributes: TypeAlias = Mapping[str, str | int | float | bool | None]
"""Attributes by the names of OpenTelemetry's semantic conventions; those that are None are omitted.

They hold no personal data, no secret and no values of statements.
"""

NO_LINKS: Final[Sequence[TraceContext]] = ()


class Kind(IntEnum):
    """The kind of a span, as OTLP numbers it."""

    INTERNAL = 1
    SERVER = 2
    CLIENT = 3
    PRODUCER = 4
    CONSUMER = 5


class Span(NamedTuple):
    """A unit of work that has ended.

    `began` and `ended` are seconds of `time.perf_counter`. `links` are spans of other traces, or of
    the same work in other traces. `error` is the kind of a failure, such as the name of a class.
    """

    context: TraceContext
    name: str
    kind: Kind
    began: float
    ended: float
    attributes: Attributes
    links: Sequence[TraceContext] = NO_LINKS
    error: str | None = None


def clock_offset_ns() -> int:
    """Return what has to be added to nanoseconds of `time.perf_counter` to get Unix time."""
    return time.time_ns() - time.perf_counter_ns()


def counter_at(moment: datetime) -> float:
    """Return the seconds of `time.perf_counter` at a moment."""
    return moment.timestamp() - clock_offset_ns() / 1e9
