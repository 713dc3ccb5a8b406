"""The metrics of requests. `class` is read, write or stream; `status` is 2xx, 4xx, ..."""

from typing import Final

from waybill.metrics import counter, histogram, reading

REQUESTS: Final = counter(
    "waybill_http_requests_total",
    "Requests that have ended, by the class of their status; `closed` when the client left first,"
    " operation `none` for paths outside of the contract.",
    ("operation", "class", "status"),
    unit="requests",
)
REQUEST_SECONDS: Final = histogram(
    "waybill_http_request_duration_seconds",
    "Time from the request to the end of its response. Streams are not in it.",
    ("operation", "class"),
)
IN_PROGRESS: Final = reading(
    "waybill_http_requests_in_progress",
    "Requests and streams that are open; absent if another server runs the app.",
    unit="requests",
)
REPLAYED: Final = counter(
    "waybill_http_requests_replayed_total",
    "Requests that were answered with the stored answer of their Idempotency-Key.",
    ("operation",),
    unit="requests",
)
OWNER_REFUSALS: Final = counter(
    "waybill_owner_refusals_total",
    "Requests of a caller for what is not its own, by reason: `not_found` (of another owner, or"
    " without one: nobody can tell), `other_owner` (the request names another one), `no_owner` (the"
    " caller owns nothing), `answer` (a handler ignored the owner; its answer was not sent).",
    ("operation", "reason"),
    unit="requests",
)
OWNER_PROBES: Final = counter(
    "waybill_owner_probes_total",
    "Times that a caller was refused 50 different resources of others within 10 minutes.",
    unit="times",
)
LIMIT_REFUSALS: Final = counter(
    "waybill_http_limit_refusals_total",
    "Requests that a limit of the server has refused before they were read: `status` is 400, 408,"
    " 431 or 505.",
    ("status",),
    unit="requests",
)
IDLE_CLOSED: Final = counter(
    "waybill_http_connections_evicted_total",
    "Idle connections that were closed to make room for new ones.",
    unit="connections",
)
CONNECTIONS: Final = reading(
    "waybill_http_connections",
    "Open connections of clients; absent if another server runs the app.",
    unit="connections",
)
CONNECTIONS_MAX: Final = reading(
    "waybill_http_connections_max", "The most connections of clients.", unit="connections"
)
