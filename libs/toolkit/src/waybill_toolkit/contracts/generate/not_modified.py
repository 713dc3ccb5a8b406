"""Checks that an operation declares the 304 that the runtime returns (RFC 9110, 13.1.2).

The runtime answers a GET that names the current ETag in If-None-Match. Handlers get neither the
parameter, nor have they a class for the response.
"""

from collections.abc import Container
from typing import Final

from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.faults import Faults

IF_NONE_MATCH: Final = "If-None-Match"
NOT_MODIFIED: Final = "304"


def has_etag(operation: Node) -> bool:
    """Whether the operation is a GET whose success response has an ETag."""
    answer = operation.need("responses").get("200")
    headers = answer.target().get("headers") if answer else None
    return operation.name == "get" and headers is not None and headers.get("ETag") is not None


def check_not_modified(
    operation: Node, parameters: Container[str], *, cacheable: bool, faults: Faults
) -> None:
    """Compare what an operation declares with what the runtime does; see `has_etag`."""
    responses = operation.need("responses")
    declared = responses.get(NOT_MODIFIED)
    if cacheable and (declared is None or IF_NONE_MATCH not in parameters):
        message = (
            "the response has an ETag, so the runtime can answer 304; declare it, and the parameter"
            f" {IF_NONE_MATCH}."
        )
        faults.add(responses.fault(message, "not-modified"))
    if declared is not None and not cacheable:
        message = "nothing can answer 304 here, a GET whose 200 has no ETag; remove it."
        faults.add(declared.fault(message, "not-modified"))
