"""Run-time checks of a service: its responses and sent events, against its own contract.

For a test, a staging system, or some time in production: `WAYBILL_CHECK_CONTRACT=true`. Responses
and events are not blocked or changed. Violations are logged once per kind, without values, and
counted at /metrics. Without the setting nothing of this is imported, and it costs nothing.

schemas.py    a bundled document as fast validators
findings.py   violations: the log and the counters
answers.py    checks around each operation of the contract
sent.py       checks of events before they are appended to the outbox
"""

import json
from collections.abc import Iterable
from functools import partial
from importlib.resources.abc import Traversable
from typing import Any

from prometheus_client import CollectorRegistry
from starlette.routing import BaseRoute, Route

from waybill.conformance.answers import CheckedAnswers, PathContract
from waybill.conformance.findings import Findings
from waybill.conformance.schemas import Schemas
from waybill.conformance.sent import SentEvents, checked_transactions
from waybill.http.operation_route import OperationRoute
from waybill.postgres import Database

__all__ = ["check_contract"]


def check_contract(
    routes: Iterable[BaseRoute], contract: Traversable, database: Database | None
) -> CollectorRegistry:
    """Check the responses of `routes` and the events of `database` from now on.

    Returns the counters.
    """
    findings = Findings()
    schemas = Schemas(_read(contract.joinpath("openapi.json")))
    for route in routes:
        if isinstance(route, Route) and route.path in schemas.document["paths"]:
            of_path = PathContract(schemas, route.path)
            layer = partial(CheckedAnswers, contract=of_path, findings=findings)
            if isinstance(route, OperationRoute):
                route.wrap(layer)
            else:
                route.app = layer(route.app)
    events = contract.joinpath("asyncapi.json")
    if database is not None and events.is_file():
        database.begin = checked_transactions(SentEvents(Schemas(_read(events)), findings))
    return findings.registry


def _read(document: Traversable) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(document.read_bytes())
    return found
