"""Extensions of Schemathesis, which registers hooks and checks by name for all services.

The check `waybill_contract` adds the checks of contract_check, such as the problem types of an
operation, the format of ids and times, forbidden headers, and the responses to unknown paths and
methods.

The check `nothing_of_others` judges an answer from the point of view of one person.

The hook `before_call` replaces an Idempotency-Key that was used before; otherwise the service would
return the stored response or a conflict.
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

from waybill_toolkit.lab.conformance.people import Viewpoint
from waybill_toolkit.testing.contract_check import Contract

_KEY: Final = "Idempotency-Key"
_KEY_FORM: Final = re.compile(r"[!-~]{1,255}", re.ASCII)
_KEPT_OF_A_KEY: Final = 200
_DECODED: Final = frozenset({"content-encoding", "transfer-encoding"})


NOTHING_OF_OTHERS: Final = "nothing_of_others"

_on_trial: Final[dict[str, Contract | Viewpoint]] = {}
"""The contracts of the tested services by address, or whose eyes see them."""

_used_keys: Final[set[tuple[str, str]]] = set()
"""By operation. Kept between services, as the gateway has the same operations."""
_numbers: Final = itertools.count(1)


@contextmanager
def judged_by(judge: Contract | Viewpoint, schema: BaseSchema) -> Iterator[None]:
    """Check the responses to cases of `schema` with `judge`, too, within the context."""
    address = schema.get_base_url()
    _on_trial[address] = judge
    try:
        yield
    finally:
        del _on_trial[address]


@schemathesis.check
def waybill_contract(_context: CheckContext, response: Response, case: Case[Any]) -> None:
    """Raise ContractViolationError, an AssertionError, unless the response matches the contract."""
    contract = _on_trial.get(case.operation.schema.get_base_url())
    if isinstance(contract, Contract):
        contract.check(as_httpx(response))


@schemathesis.check
def nothing_of_others(_context: CheckContext, response: Response, case: Case[Any]) -> None:
    """Raise AssertionError when an answer shows or has changed what belongs to somebody else."""
    viewpoint = _on_trial.get(case.operation.schema.get_base_url())
    if isinstance(viewpoint, Viewpoint):
        path = case.path_parameters or {}
        found = viewpoint.foreign(case.operation.definition.raw, path, response)
        if found:
            raise AssertionError("; ".join(found))


@schemathesis.hook
def before_call(_context: HookContext, case: Case[Any], _kwargs: dict[str, Any]) -> None:
    """Replace an Idempotency-Key that was used for this operation, unless it is malformed."""
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
    """Convert a response to that of the client of our own tests."""
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
