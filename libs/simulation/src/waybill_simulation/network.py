"""Virtual time, random numbers and message delays, shared by all simulated parts."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from typing_extensions import override

from waybill.clock import Clock
from waybill_simulation.loop import PROCESS, Handle, SimulatedLoop

START: Final = datetime(2026, 1, 1, tzinfo=UTC)

HOP_SECONDS: Final = 0.006
"""The longest delay of a normal message; the mean is a third of it."""
SLOW_SHARE: Final = 0.01
SLOW_SECONDS: Final = 1.0
"""The longest delay of a slow message, which others overtake."""


@dataclass(frozen=True, slots=True)
class Message:
    """One arrow of the sequence diagram; a note when both ends are None."""

    at: float
    sender: str | None
    receiver: str | None
    text: str


@dataclass(eq=False)
class Machine:
    """An operating system process."""

    name: str
    service: str
    skew: timedelta = timedelta()
    is_dead: bool = False
    is_stopped: bool = False
    backlog: list[Handle] = field(default_factory=list)
    on_death: list[Callable[[], None]] = field(default_factory=list)


class Network:
    """The time, the random numbers and the recorded messages of one history."""

    def __init__(self, seed: int, *, is_recorded: bool = False) -> None:
        # The other methods of a loop are not used.
        self.loop = SimulatedLoop()  # type: ignore[abstract]
        self.random = random.Random(seed)  # noqa: S311 (it has to be repeatable)
        self._number = self.random.random
        self.deliver = self.loop.deliver
        """Makes a call at the receiver, even if the sender has died."""
        self.is_recorded = is_recorded
        self.messages: list[Message] = []
        self.questions = 0
        """The number of requests to databases and broker; faults are injected at such a number."""
        self.on_question: Callable[[], None] = lambda: None

    @property
    def is_over(self) -> bool:
        return self.loop.is_over

    def now(self) -> datetime:
        """Return the true time."""
        return START + timedelta(seconds=self.loop.time())

    def hop(self) -> float:
        """Draw the delay of a message."""
        number = self._number()
        if number < SLOW_SHARE:
            return self.random.random() * SLOW_SECONDS
        return HOP_SECONDS * number * number

    def question(self) -> float:
        """Count a request to a server; return its delay."""
        self.questions += 1
        self.on_question()
        return self.hop()

    async def sleep(self, seconds: float) -> None:
        """Suspend the current task."""
        future = self.loop.create_future()
        self.deliver(seconds, resolve, future, None)
        await future

    def note(self, text: str) -> None:
        """Record a note, such as a fault."""
        if self.is_recorded:
            self.messages.append(Message(self.loop.time(), None, None, text))

    def say(self, sender: str, receiver: str, text: str) -> None:
        """Record a message."""
        if self.is_recorded:
            self.messages.append(Message(self.loop.time(), sender, receiver, text))


def resolve(future: "asyncio.Future[Any]", value: object) -> None:
    """Set the result or the exception of a future unless it is done."""
    if future.done():
        return
    if isinstance(value, Exception):
        future.set_exception(value)
    else:
        future.set_result(value)


def here() -> Machine:
    """Return the machine on which the current code runs."""
    machine = PROCESS.get()
    if not isinstance(machine, Machine):
        raise TypeError("this code does not run on a machine")
    return machine


class MachineClock(Clock):
    """The clock of one machine: the true time plus its skew."""

    def __init__(self, network: Network, skew: timedelta) -> None:
        self._network = network
        self._skew = skew

    @override
    def now(self) -> datetime:
        return self._network.now() + self._skew
