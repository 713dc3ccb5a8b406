"""A response as it came."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

TRACE_ID: Final = "X-Trace-Id"


@dataclass(frozen=True, slots=True)
class Response:
    """Status, headers and body of a response. The names of headers are case-insensitive."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def trace_id(self) -> str | None:
        """The trace id of the request in the logs."""
        return self.headers.get(TRACE_ID)
