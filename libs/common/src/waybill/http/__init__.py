"""The HTTP side of a contract: generated code declares it, `mount` serves it.

contract.py       Answer, Operation, Parameter: the types that generated code uses
call.py           Call: what a handler gets in addition to its input
batched.py        BatchedOperation: one transaction for many requests of one operation
application.py    the FastAPI app, with tracing.py; errors.py handles errors outside operations
routing.py        mount: operations -> routes (operation_route.py)
endpoint.py       one operation: body.py or forms.py, parameters.py, ownership.py, execution.py,
                  rendering.py, or error_forms.py for a problem
"""

from waybill.http.basic import Credentials
from waybill.http.batched import BatchedOperation, BatchedRequest
from waybill.http.call import Call
from waybill.http.contract import Answer, Operation, OwnerRule, Parameter, Stream
from waybill.http.ownership import Owner
from waybill.http.routing import mount

__all__ = [
    "Answer",
    "BatchedOperation",
    "BatchedRequest",
    "Call",
    "Credentials",
    "Operation",
    "Owner",
    "OwnerRule",
    "Parameter",
    "Stream",
    "mount",
]
