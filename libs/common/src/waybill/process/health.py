"""Liveness and readiness of the process.

/health/live reports that the event loop responds, that of a child process too. /health/ready
reports that the process can work now: every check passes, nothing has crashed, and the process is
not stopping.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

import orjson
from starlette.routing import Router
from starlette.types import Receive, Scope, Send

from waybill.http.reply import JSON, Reply
from waybill.http.routing import Fixed, add
from waybill.postgres import DatabaseUnavailableError

Check: TypeAlias = Callable[[], Awaitable[object]]
"""Returns when the checked resource works, raises when it does not."""

CHECK_SECONDS_MAX: Final = 2.0
"""A platform's probe times out after a few seconds; the response must arrive before."""

_log = logging.getLogger(__name__)


class Readiness:
    """Answers /health/ready."""

    def __init__(self, checks: Mapping[str, Check], reason: Callable[[], str | None]) -> None:
        """Use the checks. `reason` returns why the process is not ready regardless of them."""
        self._checks = dict(checks)
        self._reason = reason

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        if reason := self._reason():
            await _reply(503, {"status": reason}).send(send)
            return
        results = await asyncio.gather(*(_run(*each) for each in self._checks.items()))
        failed = {name: reason for name, reason in results if reason is not None}
        if failed:
            status = "; ".join(filter(None, failed.values())) or "not ready"
            await _reply(503, {"status": status, "failed": list(failed)}).send(send)
        else:
            await _reply(200, {"status": "ready"}).send(send)


async def _run(name: str, check: Check) -> tuple[str, str | None]:
    """Return the check's name, and None if it passes, else the reason; "" if it is unknown."""
    try:
        async with asyncio.timeout(CHECK_SECONDS_MAX):
            await check()
    except Exception as error:  # noqa: BLE001 (any error is a failed check)
        _log.warning("not ready: check %s failed: %s %s", name, type(error).__name__, error)
        return name, error.reason if isinstance(error, DatabaseUnavailableError) else ""
    return name, None


class Liveness:
    """Answers /health/live."""

    def __init__(self, is_alive: Callable[[], bool]) -> None:
        """Use the state of a child process; this process is alive when it responds."""
        self._is_alive = is_alive

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (_ALIVE if self._is_alive() else _STUCK)(scope, receive, send)


def mount_health(router: Router, liveness: Liveness, readiness: Readiness) -> None:
    """Serve /health/live and /health/ready."""
    add(router, "/health/live", {"GET": liveness})
    add(router, "/health/ready", {"GET": readiness})


def _reply(status: int, content: Mapping[str, object]) -> Reply:
    headers = (("content-type", JSON), ("cache-control", "no-store"))
    return Reply(status, headers, orjson.dumps(content))


_ALIVE: Final = Fixed(_reply(200, {"status": "alive"}))
_STUCK: Final = Fixed(_reply(503, {"status": "background process is stuck"}))
