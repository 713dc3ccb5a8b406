"""Logs as JSON lines on standard output: one object for each line.

Every line has time, level, logger, message and service; trace_id, order_id and event_id when they
are known; the fields passed as `extra`; and `error` for an exception. Secrets in a message (a
password in an address, a bearer token) are masked, and so are e-mail addresses.
"""

import logging
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from typing_extensions import override

from waybill import trace

_bound: ContextVar[Mapping[str, str]] = ContextVar("waybill_log_bound", default={})  # noqa: B039 (never changed, only replaced)

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {
    "message",
    "asctime",
    "color_message",  # uvicorn's second copy of each message
}
_SECRET_NAME: Final = rb"[\w-]*(?:password|passwd|secret|token|authorization|api[_-]?key)[\w-]*"
_SECRETS: Final = (
    # a URL's password; never over a quote, which would break the JSON
    (re.compile(rb"(://[^:/@\s\"\\]*:)[^@/\s\"\\]+@"), rb"\1***@"),
    (re.compile(rb"(?i)\b(bearer|basic)\s+[\w\-.~+/]{6,}=*"), rb"\1 ***"),
    (re.compile(rb'(?i)("%b":)"(?:[^"\\]|\\.)*"' % _SECRET_NAME), rb'\1"***"'),
    (re.compile(rb"(?i)\b(%b=)[^\s\"\\&,;)]+" % _SECRET_NAME), rb"\1***"),
    (re.compile(rb"\bwbk_[0-9a-f]+_[0-9a-f_]+"), rb"wbk_***"),  # an API key, see api_keys.py
    # an e-mail address, also the user in the address of a server
    (re.compile(rb"(?<![\w.%+-])[\w.%+-]+@((?:[\w-]+\.)+[\w-]{2,})"), rb"***@\1"),
)

_SECRET_HINTS: Final = (
    *(b"://", b"bearer ", b"basic ", b"password", b"passwd"),
    *(b"secret", b"token", b"authorization", b"api_key", b"api-key", b"apikey", b"wbk_", b"@"),
)
"""A line without any of these has nothing to mask: the search takes 1 us, the expressions 140."""


@contextmanager
def bound(**names: str) -> Iterator[None]:
    """Add `order_id=...`, `event_id=...` to every line that is logged inside the `with` block."""
    token = _bound.set({**_bound.get(), **names})
    try:
        yield
    finally:
        _bound.reset(token)


def configure(service: str, level: str = "INFO") -> None:
    """Send all log records of this process, from `level` up, to standard output."""
    # No line has these, and collecting them is most of the cost of a record; see the "Optimization"
    # of https://docs.python.org/3/howto/logging.html
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # noqa: SLF001 - the documented way to skip it
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter(service))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # aiokafka logs every failed connection to a broker; the runtime logs the first one.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    # Below WARNING these log details of their own implementation.
    for noisy in ("asyncio", "httpx", "uvicorn.error"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelName(level)))


class JsonFormatter(logging.Formatter):
    """Formats one record as one line of JSON."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    @override
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "service": self._service,
        }
        if (span := trace.current()) is not None:
            line["trace_id"] = span.trace_id
        line.update(_bound.get())
        for name, value in vars(record).items():
            if name not in _STANDARD:
                line.setdefault(name, value)
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = _error(record.exc_info[1])
        return _mask(_encode(line)).decode()


def _error(error: BaseException) -> dict[str, str]:
    return {
        "type": type(error).__qualname__,
        "message": str(error),
        "stack": "".join(traceback.format_exception(error)),
    }


def _encode(line: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(line, default=str, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)
    except TypeError:  # text that is not UTF-8, or a recursive object
        plain = {
            name: repr(value).encode("ascii", "replace").decode() for name, value in line.items()
        }
        return orjson.dumps(plain)


def _mask(line: bytes) -> bytes:
    lower = line.lower()
    if not any(hint in lower for hint in _SECRET_HINTS):
        return line
    for pattern, replacement in _SECRETS:
        line = pattern.sub(replacement, line)
    return line
