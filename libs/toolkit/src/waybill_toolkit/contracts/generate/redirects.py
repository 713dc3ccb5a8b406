"""Checks the answers of an operation: redirects, and what cannot be stored for a key."""

from collections.abc import Iterable

from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.faults import Faults
from waybill_toolkit.contracts.generate.http_contract import Answer
from waybill_toolkit.contracts.generate.media import EVENTS, REDIRECTS

_LOCATION = "location"


def check_answers(
    operation: Node, answers: Iterable[Answer], *, idempotent: bool, faults: Faults
) -> None:
    """Add a fault for each answer that cannot be served."""
    responses = operation.need("responses")
    for answer in answers:
        node = responses.child(str(answer.status))
        if str(answer.status).startswith("3"):
            _check_redirect(node, answer, faults)
        if answer.media_type == EVENTS and (idempotent or operation.name != "get"):
            message = "a stream is the answer to a GET without Idempotency-Key; change the other."
            faults.add(node.fault(message))


def _check_redirect(node: Node, answer: Answer, faults: Faults) -> None:
    located = any(each.field == _LOCATION and each.required for each in answer.headers)
    if node.name not in REDIRECTS:
        message = (
            f"{node.name} is not served; 303 leads a browser to another page, whatever its method."
        )
        faults.add(node.fault(message))
    elif answer.body is not None or not located:
        faults.add(node.fault("a redirect has the required header Location and no content."))
