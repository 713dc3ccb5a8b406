"""The HTTP side of a contract: generated code states it, `mount` serves it.

contract.py       Answer, Operation, Parameter: what generated code is written in
call.py           Call: what a handler is told beside its input
joint.py          BatchedOperation: one transaction for many requests of one operation
application.py    the FastAPI app; tracing.py is around it, errors.py answers what nobody else does
routing.py        mount: operations -> routes; operation_route.py is one of them
endpoint.py    one operation, from request to reply: body.py, parameters.py, once.py, reply.py
"""

from waybill.http.batched import BatchedOperation, BatchedRequest
from waybill.http.call import Call
from waybill.http.contract import Answer, Operation, Parameter
from waybill.http.routing import mount

__all__ = [
    "Answer",
    "BatchedOperation",
    "BatchedRequest",
    "Call",
    "Operation",
    "Parameter",
    "mount",
]
