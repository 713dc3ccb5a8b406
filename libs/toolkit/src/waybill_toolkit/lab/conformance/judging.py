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
from typing import Any, Final

import httpx
import schemathesis
from schemathesis.checks import CheckContext
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case
from schemathesis.hooks import HookContext
from schemathesis.schemas import BaseSchema

from waybill_toolkit.testing.contract_check import Contract

_KEY: Final = "Idempotency-Key"
_KEY_FORM: Final = re.compile(r"[!-~]{1,255}", re.ASCII)
_KEPT_OF_A_KEY: Final = 200
_DECODED: Final = frozenset({"content-encoding", "transfer-encoding"})


_on_trial: Final[dict[str, Contract]] = {}
"""The contracts of the services that are tried now, by address."""

_used_keys: Final[set[tuple[str, str]]] = set()
"""By operation. Through the gateway it is the same operation, so this outlives a trial."""
_numbers: Final = itertools.count(1)


@contextmanager
def judged_by(contract: Contract, schema: BaseSchema) -> Iterator[None]:
    """Judge the answers to cases of `schema` by `contract` too, meanwhile."""
    address = schema.get_base_url()
    _on_trial[address] = contract
    try:
        yield
    finally:
        del _on_trial[address]


@schemathesis.check
def waybill_contract(_context: CheckContext, response: Response, case: Case[Any]) -> None:
    """Raise ContractViolationError, an AssertionError, unless the contract allows the answer."""
    contract = _on_trial.get(case.operation.schema.get_base_url())
    if contract:
        contract.check(as_httpx(response))


@schemathesis.hook
def before_call(_context: HookContext, case: Case[Any], _kwargs: dict[str, Any]) -> None:
    """Change an Idempotency-Key that this operation has had; one of a wrong form stays."""
    key = case.headers.get(_KEY) if case.headers else None
    if case.operation.schema.get_base_url() not in _on_trial:
        return
    if not isinstance(key, str) or not _KEY_FORM.fullmatch(key):
        return
    if (case.operation.label, key) in _used_keys:
        key = f"{key[:_KEPT_OF_A_KEY]}-{next(_numbers)}"
        case.headers[_KEY] = key
    _used_keys.add((case.operation.label, key))


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
