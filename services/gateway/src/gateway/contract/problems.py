"""The problems that handlers of gateway may answer. Generated; never edited."""

from dataclasses import dataclass
from typing import ClassVar

from waybill.http.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class BadGateway(Problem):
    """The service ended its response early."""

    status: ClassVar[int] = 502
    slug: ClassVar[str] = "bad-gateway"
    title: ClassVar[str] = "The service ended its response early"


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayTimeout(Problem):
    """The service did not respond in time."""

    status: ClassVar[int] = 504
    slug: ClassVar[str] = "gateway-timeout"
    title: ClassVar[str] = "The service did not respond in time"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidApiKey(Problem):
    """The API key is not valid."""

    status: ClassVar[int] = 401
    slug: ClassVar[str] = "invalid-api-key"
    title: ClassVar[str] = "The API key is not valid"


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimited(Problem):
    """The caller has sent too many requests."""

    status: ClassVar[int] = 429
    slug: ClassVar[str] = "rate-limited"
    title: ClassVar[str] = "The caller has sent too many requests"

    limit: str
