"""Traces of this process: recorded and exported while its lifespan runs, if a receiver is set."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Final
from uuid import uuid4

from waybill import spans, trace
from waybill.metrics import Sample
from waybill.process.background import Process
from waybill.process.metrics import SPANS_DROPPED, SPANS_SENT, TRACE_RECEIVER_UP
from waybill.process.trace_settings import TraceSettings
from waybill.spans.exporter import Exporter
from waybill.spans.recorder import Recorder, use

FLUSH_SECONDS_MAX: Final = 2.0
"""Of the shutdown, for the last spans."""


class _Running:
    exporter: Exporter | None = None


@asynccontextmanager
async def tracing(found: TraceSettings, service: str, process: Process) -> AsyncIterator[None]:
    """Record and export spans inside the `with` block; its end sends the last ones.

    A process has one exporter: of several applications in it, the first one names the service.
    Call it after the last fork.
    """
    if not found.is_on or spans.active() is not None:
        yield
        return
    recorder = Recorder()
    resource = found.resource(service, _version(), str(uuid4()))
    exporter = Exporter(recorder, found.destination, resource)
    trace.sample_by(found.sampler)
    use(recorder)
    _Running.exporter = exporter
    exporter.start()
    try:
        yield
    finally:
        use(None)
        trace.sample_by(trace.follow_caller)
        _Running.exporter = None
        await asyncio.to_thread(exporter.stop, min(FLUSH_SECONDS_MAX, process.seconds_left()))


def trace_readings() -> Iterator[Sample]:
    """Return what this process has sent and lost, for /metrics; nothing when traces are off."""
    exporter = _Running.exporter
    if exporter is None:
        return
    yield SPANS_SENT.of(exporter.sent)
    yield SPANS_DROPPED.of(exporter.dropped)
    yield TRACE_RECEIVER_UP.of(exporter.is_up)


def _version() -> str:
    try:
        return version("waybill")
    except PackageNotFoundError:
        return "unknown"
