"""What every simulated part shares: time, the seed, and how long messages take."""

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
"""From one machine to another, at most; a third of it in the mean, and mostly less."""
SLOW_SHARE: Final = 0.01
SLOW_SECONDS: Final = 1.0
"""Now and then a message takes this long, so that others overtake it."""


@dataclass(frozen=True, slots=True)
class Message:
    """One arrow of the sequence diagram; a `None` at the ends makes it a note."""

    at: float
    sender: str | None
    receiver: str | None
    text: str


@dataclass(eq=False)
class Machine:
    """A process of the operating system."""

    name: str
    service: str
    skew: timedelta = timedelta()
    is_dead: bool = False
    is_stopped: bool = False
    backlog: list[Handle] = field(default_factory=list)
    on_death: list[Callable[[], None]] = field(default_factory=list)


class Network:
    """The time and the randomness of one history, and the record of what was said."""

    def __init__(self, seed: int, *, is_recorded: bool = False) -> None:
        # The rest of a loop is never asked for here.
        self.loop = SimulatedLoop()  # type: ignore[abstract]
        self.random = random.Random(seed)  # noqa: S311 (repeatable is what it has to be)
        self._number = self.random.random
        self.deliver = self.loop.deliver
        """Makes a call at the other end, whatever becomes of the sender meanwhile."""
        self.is_recorded = is_recorded
        self.messages: list[Message] = []
        self.questions = 0
        """Counts what is asked of databases and broker: when faults strike is said in these."""
        self.on_question: Callable[[], None] = lambda: None

    @property
    def is_over(self) -> bool:
        return self.loop.is_over

    def now(self) -> datetime:
        """Tell the true time."""
        return START + timedelta(seconds=self.loop.time())

    def hop(self) -> float:
        """Draw how long a message takes."""
        number = self._number()
        if number < SLOW_SHARE:
            return self.random.random() * SLOW_SECONDS
        return HOP_SECONDS * number * number

    def question(self) -> float:
        """Count a question to a server; returns how long it takes to get there."""
        self.questions += 1
        self.on_question()
        return self.hop()

    async def sleep(self, seconds: float) -> None:
        """Let the current task wait."""
        future = self.loop.create_future()
        self.deliver(seconds, resolve, future, None)
        await future

    def note(self, text: str) -> None:
        """Record something that happens to the world."""
        if self.is_recorded:
            self.messages.append(Message(self.loop.time(), None, None, text))

    def say(self, sender: str, receiver: str, text: str) -> None:
        """Record a message."""
        if self.is_recorded:
            self.messages.append(Message(self.loop.time(), sender, receiver, text))


def resolve(future: "asyncio.Future[Any]", value: object) -> None:
    """Give a future its result, or its exception, unless nobody waits for it any more."""
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
        raise TypeError("this code runs on no machine")
    return machine


class MachineClock(Clock):
    """The clock of one machine: the true time, and by how much it is wrong."""

    def __init__(self, network: Network, skew: timedelta) -> None:
        self._network = network
        self._skew = skew

    @override
    def now(self) -> datetime:
        return self._network.now() + self._skew
