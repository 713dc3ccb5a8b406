"""A deterministic event loop in virtual time.

Callbacks run in the order of their time, and at the same time in the order in which they were
scheduled, as in asyncio. Seeds differ in how long messages take.

Each callback belongs to a process (a context variable that tasks inherit). Callbacks of a killed
process are dropped; those of a stopped process are kept until it continues.
"""

import asyncio
import heapq
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from typing import Any, Final, Protocol, TypeVar

from typing_extensions import override

T = TypeVar("T")


class Process(Protocol):
    """The process that a callback belongs to."""

    is_dead: bool
    is_stopped: bool
    backlog: "list[Handle]"


PROCESS: Final[ContextVar[Process | None]] = ContextVar("simulated_process", default=None)


class Handle:
    """A scheduled callback."""

    __slots__ = ("arguments", "callback", "context", "is_cancelled", "moment")

    def __init__(
        self,
        moment: float,
        callback: Callable[..., object],
        arguments: tuple[Any, ...],
        context: Context,
    ) -> None:
        self.moment = moment
        self.callback = callback
        self.arguments = arguments
        self.context = context
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True

    def cancelled(self) -> bool:
        return self.is_cancelled

    def when(self) -> float:
        return self.moment


class SimulatedLoop(asyncio.AbstractEventLoop):
    """The part of an event loop that asyncio's tasks, futures, locks and timeouts use."""

    def __init__(self) -> None:
        self._now = 0.0
        self._number = 0
        self._ready: deque[Handle] = deque()
        self._later: list[tuple[float, int, Callable[..., object], tuple[Any, ...]]] = []
        self.tasks: list[asyncio.Task[Any]] = []
        """Kept until the end, so that no coroutine is finalized during a history."""
        self.failures: list[BaseException] = []
        self.is_over = False
        self.steps = 0

    @override
    def time(self) -> float:
        return self._now

    def run(self, is_done: Callable[[], bool], until: float) -> bool:
        """Run until `is_done`; return False at the time limit, or when no callback is left."""
        ready, later = self._ready, self._later
        asyncio._set_running_loop(self)  # noqa: SLF001 (what every loop does)
        try:
            while True:
                while ready:
                    handle = ready.popleft()
                    if not handle.is_cancelled:
                        self._step(handle)
                if is_done():
                    return True
                if not later or later[0][0] > until:
                    return False
                self._now, _, call, arguments = heapq.heappop(later)
                self.steps += 1
                try:
                    call(*arguments)
                except Exception as error:  # noqa: BLE001 (the history reports it)
                    self.failures.append(error)
        finally:
            # asyncio's own loops call this, too; it has no public name.
            asyncio._set_running_loop(None)  # noqa: SLF001

    def _step(self, handle: Handle) -> None:
        self.steps += 1
        process = handle.context.get(PROCESS)
        try:
            if process is None or not (process.is_dead or process.is_stopped):
                handle.context.run(handle.callback, *handle.arguments)
            elif not process.is_dead:
                process.backlog.append(handle)
        except Exception as error:  # noqa: BLE001 (the history reports it)
            self.failures.append(error)

    def deliver(self, delay: float, call: Callable[..., object], *arguments: Any) -> None:  # noqa: ANN401 (any call)
        """Schedule a call that belongs to no process, such as the arrival of a message."""
        self._number += 1
        heapq.heappush(self._later, (self._now + delay, self._number, call, arguments))

    @override
    # Here and below: typeshed's variadic types cannot be written here.
    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> Handle:
        handle = Handle(self._now, callback, args, context or copy_context())
        self._ready.append(handle)
        return handle

    @override
    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> Handle:
        handle = Handle(when, callback, args, context or copy_context())
        self._number += 1
        moment = max(when, self._now)
        heapq.heappush(self._later, (moment, self._number, self._ready.append, (handle,)))
        return handle

    @override
    def call_later(  # type: ignore[override]
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> Handle:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def go_on(self, backlog: list[Handle]) -> None:
        """Run the callbacks that were kept."""
        self._ready.extend(backlog)

    @override
    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    @override
    def create_task(  # type: ignore[override]
        self,
        coro: Coroutine[Any, Any, T],
        *,
        name: str | None = None,
        context: Context | None = None,
    ) -> asyncio.Task[T]:
        task = asyncio.Task(coro, loop=self, name=name, context=context)
        self.tasks.append(task)
        return task

    @override
    def get_debug(self) -> bool:
        return False

    @override
    def is_running(self) -> bool:
        return True

    @override
    def is_closed(self) -> bool:
        return False

    @override
    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Do nothing: tasks are destroyed at the end of a history on purpose."""

    def forget(self) -> None:
        """End the history: no callback runs after this."""
        self.is_over = True
        for task in self.tasks:
            # The only way to silence asyncio's warning about pending tasks.
            task._log_destroy_pending = False  # type: ignore[attr-defined]  # noqa: SLF001
        self._ready.clear()
        self._later.clear()
        self.tasks.clear()
