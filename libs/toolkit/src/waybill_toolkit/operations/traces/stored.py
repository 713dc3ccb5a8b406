"""Spans in a file of OTLP/JSON lines: of `waybill traces`, or of the collector's file exporter.

A file can be large, so it is read line by line, and only lines that name what is looked for are
parsed.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from waybill_toolkit.command_line.errors import CommandError

SAGA: Final = "waybill.saga.id"
"""The attribute with the id of an order, in the spans of its saga."""
_ERROR: Final = 2


class TraceFileError(CommandError):
    """A file of spans cannot be read, or has no such trace; the message says what to do."""


@dataclass(frozen=True, slots=True)
class StoredSpan:
    """One span. Times are nanoseconds since 1970."""

    trace_id: str
    span_id: str
    parent_id: str
    service: str
    name: str
    kind: int
    began: int
    ended: int
    attributes: Mapping[str, str]
    links: tuple[str, ...]
    is_error: bool

    @property
    def nanoseconds(self) -> int:
        """The duration."""
        return self.ended - self.began


def read_spans(path: Path, *needles: str) -> Iterator[StoredSpan]:
    """Read the spans of the lines that have one of the needles, or of all without any.

    Raises TraceFileError.
    """
    wanted = [needle.encode() for needle in needles]
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                is_whole = line.endswith(b"\n")  # the last line may be being written
                if is_whole and line.strip() and _has_any(line, wanted):
                    yield from _spans_of(path, number, line)
    except OSError as error:
        raise TraceFileError(
            f"{path} cannot be read: {error.strerror}. `waybill traces` writes such a file."
        ) from None


def _has_any(line: bytes, wanted: list[bytes]) -> bool:
    return not wanted or any(needle in line for needle in wanted)


def _spans_of(path: Path, number: int, line: bytes) -> Iterator[StoredSpan]:
    try:
        for of_resource in json.loads(line)["resourceSpans"]:
            resource = _attributes(of_resource.get("resource", {}))
            service = resource.get("service.name", "unknown")
            for of_scope in of_resource.get("scopeSpans", ()):
                for span in of_scope.get("spans", ()):
                    yield _span(service, span)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TraceFileError(
            f"{path}, line {number}: it is no OTLP/JSON of traces ({type(error).__name__})."
        ) from None


def _span(service: str, span: Mapping[str, Any]) -> StoredSpan:
    return StoredSpan(
        trace_id=span["traceId"],
        span_id=span["spanId"],
        parent_id=span.get("parentSpanId", ""),
        service=service,
        name=span["name"],
        kind=span.get("kind", 0),
        began=int(span["startTimeUnixNano"]),
        ended=int(span["endTimeUnixNano"]),
        attributes=_attributes(span),
        links=tuple(link["traceId"] for link in span.get("links", ())),
        is_error=span.get("status", {}).get("code") == _ERROR,
    )


def _attributes(owner: Mapping[str, Any]) -> dict[str, str]:
    pairs = owner.get("attributes", ())
    return {each["key"]: str(next(iter(each["value"].values()), "")) for each in pairs}
