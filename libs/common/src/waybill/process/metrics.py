"""The metrics of the processes of a service. `process` is serving or background."""

from typing import Final

from waybill.metrics import reading

BUILD_INFO: Final = reading(
    "waybill_build_info",
    "Always 1: the version of Waybill and of Python that the service runs.",
    ("service", "version", "python"),
    unit="1",
    kind="info",
)
STARTED: Final = reading(
    "waybill_process_start_time_seconds",
    "When the process started, in seconds since 1970.",
    ("process",),
    unit="seconds",
)
CPU: Final = reading(
    "waybill_process_cpu_seconds_total",
    "Processor time of the process, in user and system mode.",
    ("process",),
    unit="seconds",
    kind="counter",
)
MEMORY: Final = reading(
    "waybill_process_resident_memory_bytes",
    "Memory of the process, pages shared with others included.",
    ("process",),
    unit="bytes",
)
BACKGROUND_SILENT: Final = reading(
    "waybill_background_silent_seconds",
    "Time since the last heartbeat of the background process, which sends one each second.",
    unit="seconds",
)
SPANS_SENT: Final = reading(
    "waybill_trace_spans_sent_total",
    "Spans that the receiver of traces has accepted; absent while traces are off.",
    ("process",),
    unit="spans",
    kind="counter",
)
SPANS_DROPPED: Final = reading(
    "waybill_trace_spans_dropped_total",
    "Spans that were lost, as the buffer was full or the receiver refused them.",
    ("process",),
    unit="spans",
    kind="counter",
)
TRACE_RECEIVER_UP: Final = reading(
    "waybill_trace_receiver_up",
    "Whether the receiver of traces has accepted the last request.",
    ("process",),
    unit="0 or 1",
)
