"""The HTTP side of a contract: generated code states it, `mount` serves it."""

from waybill.http.call import Call
from waybill.http.contract import Answer, Operation, Parameter

__all__ = ["Answer", "Call", "Operation", "Parameter"]
