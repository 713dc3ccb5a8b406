"""Support for tests: steps through the runtime of the Python client without I/O."""

from collections.abc import Sequence
from typing import ClassVar, Final

import httpx

from waybill_toolkit.contracts.sdk.python.runtime.exchange import (
    Outcome,
    Pause,
    Rules,
    Step,
    exchange,
)
from waybill_toolkit.contracts.sdk.python.runtime.failures import Problem
from waybill_toolkit.contracts.sdk.python.runtime.model import Model
from waybill_toolkit.contracts.sdk.python.runtime.operation import Given, Operation, Request
from waybill_toolkit.contracts.sdk.python.runtime.options import Retries

URI: Final = "urn:waybill:problem:"


class Thing(Model):
    size: int


class OnlySome(Problem):
    fields: ClassVar = {"left": int}


READ: Final = Operation[Thing]("GET", "/things/{name}", {200: Thing}, is_repeatable=True)
MAKE: Final = Operation[Thing](
    "POST", "/things", {201: Thing}, is_idempotent=True, is_repeatable=True
)
CHANGE: Final = Operation[Thing]("PUT", "/things", {200: Thing})
NAMED: Final = Given(path={"name": "a"})
RULES: Final = Rules(Retries(), {f"{URI}only-some": OnlySome}, frozenset({f"{URI}in-use"}))

CUT: Final = httpx.RemoteProtocolError("cut")
NEVER_SENT: Final = httpx.ConnectError("nobody listens")


def answered(status: int, body: object = None, **given: str) -> httpx.Response:
    return httpx.Response(status, json={"size": 1} if body is None else body, headers=given)


def problem(status: int, slug: str = "unavailable", **members: object) -> httpx.Response:
    document = {"type": URI + slug, "title": "T", "detail": "D", "instance": "/", "trace_id": "0"}
    return httpx.Response(status, json={**document, **members})


def carry_out(
    operation: Operation[Thing],
    outcomes: Sequence[Outcome],
    given: Given | None = None,
    rules: Rules = RULES,
) -> tuple[Thing, list[Step]]:
    """Return the result and the executed steps."""
    steps = exchange(operation, given or Given(), rules)
    left, taken = list(outcomes), [next(steps)]
    while True:
        try:
            taken.append(steps.send(left.pop(0) if isinstance(taken[-1], Request) else None))
        except StopIteration as end:
            if left:
                raise ValueError(f"{len(left)} outcomes are left") from None
            return end.value, taken


def requests(steps: Sequence[Step]) -> list[Request]:
    return [each for each in steps if isinstance(each, Request)]


def pauses(steps: Sequence[Step]) -> list[float]:
    return [each.seconds for each in steps if isinstance(each, Pause)]
