"""Whether this process is alive, and whether it may be sent requests.

/health/live says that the event loop turns, that of a child process too. /health/ready says that
this process can do its work now: every check passes, nothing has crashed, nobody has asked it to
stop.
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

Check: TypeAlias = Callable[[], Awaitable[object]]
"""Returns when what it checks is well, raises when it is not."""

CHECK_SECONDS_MAX: Final = 2.0
"""A platform's probe gives up after a few seconds; the answer must be there before."""

_log = logging.getLogger(__name__)


class Readiness:
    """Answers /health/ready."""

    def __init__(self, checks: Mapping[str, Check], reason: Callable[[], str | None]) -> None:
        """Take the checks, and `reason`: why the process is not ready whatever they say."""
        self._checks = dict(checks)
        self._reason = reason

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        if reason := self._reason():
            await _reply(503, {"status": reason}).send(send)
            return
        results = await asyncio.gather(*(_run(*each) for each in self._checks.items()))
        failed = [name for name in results if name is not None]
        if failed:
            await _reply(503, {"status": "not ready", "failed": failed}).send(send)
        else:
            await _reply(200, {"status": "ready"}).send(send)


async def _run(name: str, check: Check) -> str | None:
    """Give the check's name if it fails."""
    try:
        async with asyncio.timeout(CHECK_SECONDS_MAX):
            await check()
    except Exception as error:  # noqa: BLE001 (however a check fails, it has failed)
        _log.warning("not ready: check %s failed: %s %s", name, type(error).__name__, error)
        return name
    return None


class Liveness:
    """Answers /health/live."""

    def __init__(self, is_alive: Callable[[], bool]) -> None:
        """Take what tells about a child process; this one is alive when it answers."""
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
