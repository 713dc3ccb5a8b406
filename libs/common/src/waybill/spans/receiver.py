"""The receiver of traces: OTLP over HTTP, with the rules of OTLP for what may be sent again.

https://opentelemetry.io/docs/specs/otlp/#otlphttp-response: 429, 502, 503 and 504 may be sent
again, after `Retry-After` if it is given; anything else that is not a success may not.
"""

import gzip
import http.client
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

import orjson

_RETRYABLE: Final = frozenset({429, 502, 503, 504})
_ANSWER_BYTES_MAX: Final = 65_536
RETRY_AFTER_SECONDS_MAX: Final = 300.0
"""A receiver cannot silence this process for longer."""


class AwayError(Exception):
    """The spans were not accepted, and may be sent again."""

    def __init__(self, reason: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after_seconds = retry_after_seconds


class RefusedError(Exception):
    """The spans were refused, and must not be sent again."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where spans are sent. `headers` may have secrets, which are in no message and no repr."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout_seconds: float = 10.0
    compresses: bool = False
    tls: ssl.SSLContext | None = None
    """How the receiver's certificate is verified; needed for https."""


class Receiver:
    """One connection to the receiver, opened on demand. Used by one thread."""

    def __init__(self, destination: Destination) -> None:
        self._destination = destination
        parts = urlsplit(destination.url)
        self._path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        self._headers = {"Content-Type": "application/json", **destination.headers}
        if destination.compresses:
            self._headers["Content-Encoding"] = "gzip"
        self._host, self._port = parts.hostname or "", parts.port
        self._is_https = parts.scheme == "https"
        self._connection: http.client.HTTPConnection | None = None

    def send(self, body: bytes) -> int:
        """Send an encoded request; returns how many of its spans the receiver has rejected.

        Raises AwayError, RefusedError.
        """
        if self._destination.compresses:
            body = gzip.compress(body, compresslevel=1)
        try:
            status, retry_after, content = self._exchange(body)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise AwayError(f"{type(error).__name__}: {error}") from None
        if 200 <= status < 300:
            return _rejected(content)
        if status in _RETRYABLE:
            raise AwayError(f"status {status}", _seconds(retry_after))
        raise RefusedError(f"status {status}")

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _exchange(self, body: bytes) -> tuple[int, str | None, bytes]:
        if self._connection is not None:
            # The receiver may have closed an idle connection: that is no failure.
            with suppress(ConnectionError, http.client.BadStatusLine):
                return self._post(self._connection, body)
            self.close()
        self._connection = self._open()
        return self._post(self._connection, body)

    def _post(
        self, connection: http.client.HTTPConnection, body: bytes
    ) -> tuple[int, str | None, bytes]:
        connection.request("POST", self._path, body, self._headers)
        response = connection.getresponse()
        content = response.read(_ANSWER_BYTES_MAX)
        if not response.isclosed():  # a longer answer is not read
            self.close()
        return response.status, response.getheader("Retry-After"), content

    def _open(self) -> http.client.HTTPConnection:
        seconds = self._destination.timeout_seconds
        if self._is_https:
            return http.client.HTTPSConnection(
                self._host, self._port, timeout=seconds, context=self._destination.tls
            )
        return http.client.HTTPConnection(self._host, self._port, timeout=seconds)


def _rejected(content: bytes) -> int:
    """Return `partialSuccess.rejectedSpans`; receivers answer with nothing, too."""
    try:
        return int(orjson.loads(content)["partialSuccess"]["rejectedSpans"])
    except (ValueError, KeyError, TypeError):
        return 0


def _seconds(retry_after: str | None) -> float | None:
    """Read Retry-After: seconds, or a date. None when it says neither."""
    if retry_after is None:
        return None
    if retry_after.isascii() and retry_after.isdigit():
        return min(float(retry_after), RETRY_AFTER_SECONDS_MAX)
    try:
        seconds = parsedate_to_datetime(retry_after).timestamp() - time.time()
    except (ValueError, OverflowError):
        return None
    return min(max(0.0, seconds), RETRY_AFTER_SECONDS_MAX)
