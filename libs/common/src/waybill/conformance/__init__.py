"""A service that checks itself: its answers and sent events, against its own contract, as it runs.

For a test, a staging system, or a while in production: `WAYBILL_CHECK_CONTRACT=true`. Nothing is
held back or changed. What breaks the contract is logged once per kind, without values, and counted
at /metrics. Only then is any of this imported; when it is off, no request and no event pays for it.

schemas.py    a bundled document as fast validators
findings.py   what was found: the log and the counters
answers.py    around each operation of the contract
sent.py       before sent events are appended to the outbox
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
    """Check from now on what `routes` answer by the contract and what `database` sends.

    Gives the counters of what is found.
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
