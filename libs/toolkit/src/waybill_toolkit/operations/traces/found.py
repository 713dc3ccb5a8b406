"""Finds the trace of an order, and the order that took longest."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from waybill_toolkit.operations.traces.stored import (
    SAGA,
    StoredSpan,
    TraceFileError,
    read_spans,
)

_TRACE_ID: Final = re.compile(r"[0-9a-f]{32}")
_SERVER: Final = 2


@dataclass(slots=True)
class _Extent:
    """How long the trace of an order took, as far as it has been read."""

    began: int
    ended: int
    order: str = ""
    is_whole: bool = False
    """Whether it has the request that began it: a trace can have begun before the file."""


def spans_of(path: Path, wanted: str) -> list[StoredSpan]:
    """Return the spans of a trace id, or of the trace of an order. Raises TraceFileError."""
    is_trace = _TRACE_ID.fullmatch(wanted) is not None
    ids = {wanted} if is_trace else _traces_of(path, wanted)
    found = {
        (each.trace_id, each.span_id): each
        for each in read_spans(path, *ids)
        if each.trace_id in ids
    }
    if not ids or not found:
        what = f"the trace {wanted}" if is_trace else f"the order {wanted}"
        raise TraceFileError(
            f"{path} has no span of {what}: it was not sampled (OTEL_TRACES_SAMPLER_ARG), it is "
            "older than the file, or its services do not send their spans there."
        )
    return sorted(found.values(), key=lambda each: (each.began, -each.ended))


def _traces_of(path: Path, order: str) -> set[str]:
    """Return the trace of its saga; without one, those that name the order."""
    spans = [each for each in read_spans(path, order) if order in each.attributes.values()]
    of_saga = {each.trace_id for each in spans if each.attributes.get(SAGA) == order}
    return of_saga or {each.trace_id for each in spans}


def slowest(path: Path, most: int) -> list[tuple[str, int]]:
    """Return the orders that took longest, with nanoseconds from the first span to the last."""
    extents: dict[str, _Extent] = {}
    for each in read_spans(path):
        extent = extents.setdefault(each.trace_id, _Extent(each.began, each.ended))
        extent.began = min(extent.began, each.began)
        extent.ended = max(extent.ended, each.ended)
        extent.order = each.attributes.get(SAGA, extent.order)
        extent.is_whole |= each.kind == _SERVER
    orders = [
        (extent.order, extent.ended - extent.began)
        for extent in extents.values()
        if extent.order and extent.is_whole
    ]
    return sorted(orders, key=lambda order: -order[1])[:most]
