"""What Schemathesis does not do by itself. It knows hooks and checks by name, for all services.

A check, `waybill_contract`: all that contract_check knows beside Schemathesis' own checks, such as
the problem types that an operation lists, the strict spelling of ids and times, headers that may
not leave, refusals of unknown paths and methods.

A hook, `before_call`: an Idempotency-Key that has done something is changed, or all that the next
request would hear is that the key was used.
"""

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import schemathesis
from schemathesis.checks import CheckContext
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case
from schemathesis.hooks import HookContext
from schemathesis.schemas import BaseSchema

from waybill_toolkit.contract_check import Contract

_KEY: Final = "Idempotency-Key"
_KEY_FORM: Final = re.compile(r"[!-~]{1,255}", re.ASCII)
_KEPT_OF_A_KEY: Final = 200
_DECODED: Final = frozenset({"content-encoding", "transfer-encoding"})


@dataclass(frozen=True, slots=True)
class _OnTrial:
    """What is known of one service while it is tried."""

    contract: Contract
    used_keys: set[tuple[str, str]] = field(default_factory=set)
    numbers: Iterator[int] = field(default_factory=itertools.count)


_on_trial: Final[dict[str, _OnTrial]] = {}
"""By address."""


@contextmanager
def judged_by(contract: Contract, schema: BaseSchema) -> Iterator[None]:
    """Judge the answers to cases of `schema` by `contract` too, meanwhile."""
    address = schema.get_base_url()
    _on_trial[address] = _OnTrial(contract)
    try:
        yield
    finally:
        del _on_trial[address]


@schemathesis.check
def waybill_contract(_context: CheckContext, response: Response, case: Case[Any]) -> None:
    """Raise ContractViolationError, an AssertionError, unless the contract allows the answer."""
    tried = _on_trial.get(case.operation.schema.get_base_url())
    if tried:
        tried.contract.check(as_httpx(response))


@schemathesis.hook
def before_call(_context: HookContext, case: Case[Any], _kwargs: dict[str, Any]) -> None:
    """Change an Idempotency-Key that this operation has had; one of a wrong form stays."""
    tried = _on_trial.get(case.operation.schema.get_base_url())
    key = case.headers.get(_KEY) if case.headers else None
    if not tried or not isinstance(key, str) or not _KEY_FORM.fullmatch(key):
        return
    if (case.operation.label, key) in tried.used_keys:
        key = f"{key[:_KEPT_OF_A_KEY]}-{next(tried.numbers)}"
        case.headers[_KEY] = key
    tried.used_keys.add((case.operation.label, key))


def as_httpx(response: Response) -> httpx.Response:
    """Show an answer as the client of our own tests does."""
    asked = response.request
    return httpx.Response(
        response.status_code,
        headers=[
            (name, value)
            for name, values in response.headers.items()
            for value in values
            if name not in _DECODED
        ],
        content=response.content,
        request=httpx.Request(str(asked.method), str(asked.url)),
    )
