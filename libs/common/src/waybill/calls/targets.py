"""The addresses of one service, in turns; each has a breaker, so that a dead one is left out."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from weakref import WeakSet

from waybill.calls.breaker import Breaker
from waybill.calls.metrics import ADDRESSES, OPEN
from waybill.calls.resolvers import Resolver
from waybill.metrics import Sample, read_by


class NoTargetError(Exception):
    """No address of the service may be used."""


@dataclass(frozen=True, slots=True)
class Target:
    """One address: scheme, host and port."""

    origin: str
    server_name: str | None
    """The name in its certificate, if it is not the host."""
    breaker: Breaker


_TARGETS: Final[WeakSet["Targets"]] = WeakSet()


class Targets:
    """What a resolver knows about one service. An address that stays keeps its breaker."""

    def __init__(
        self, name: str, resolver: Resolver, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.name: Final = name
        self._resolver: Final = resolver
        self._now: Final = now
        self._known: Sequence[str] = ()
        self._targets: tuple[Target, ...] = ()
        self._next = 0
        _TARGETS.add(self)

    def __len__(self) -> int:
        return len(self._current())

    @property
    def is_up(self) -> bool:
        """Whether there is an address that does not count as down."""
        return any(not each.breaker.is_open for each in self._current())

    @property
    def open_breakers(self) -> int:
        """How many addresses count as down."""
        return sum(each.breaker.is_open for each in self._current())

    def pick(self) -> Target:
        """Return the address of the next request. Raises NoTargetError."""
        targets = self._current()
        for _ in targets:
            self._next = (self._next + 1) % len(targets)
            target = targets[self._next]
            if target.breaker.admits():
                return target
        if not targets:
            raise NoTargetError(f"no address of {self.name} is known")
        raise NoTargetError("its last requests have failed")

    def _current(self) -> tuple[Target, ...]:
        origins = self._resolver.origins
        if origins is not self._known:
            kept = {each.origin: each for each in self._targets}
            name = self._resolver.server_name
            self._targets = tuple(
                kept.get(each) or Target(each, name, Breaker(self._now)) for each in origins
            )
            self._known = origins
        return self._targets


@read_by
def _readings() -> Iterator[Sample]:
    for each in list(_TARGETS):
        yield ADDRESSES.of(len(each), each.name)
        yield OPEN.of(each.open_breakers, each.name)
