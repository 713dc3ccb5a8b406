"""Calls to other services: typed clients from their contracts, see docs/calls.md.

client.py      ServiceClient: deadline, bulkhead, retries, fallback
targets.py     Targets: the addresses of a service, each with a circuit breaker
resolvers.py   where addresses come from: settings, DNS; consul.py: Consul
directory.py   Directory: the clients of a process, from its settings
"""

from waybill.calls.client import ServiceClient
from waybill.calls.directory import Directory
from waybill.calls.errors import (
    CallError,
    NotExecutedError,
    RefusedError,
    UnansweredError,
    UnavailableError,
)
from waybill.calls.operation import CalledOperation

__all__ = [
    "CallError",
    "CalledOperation",
    "Directory",
    "NotExecutedError",
    "RefusedError",
    "ServiceClient",
    "UnansweredError",
    "UnavailableError",
]
