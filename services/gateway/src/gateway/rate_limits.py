"""Limits on the rate of requests, by class and caller.

A class admits `quota` units in `window_seconds`, which may come all at once. The algorithm is GCRA
(ITU-T I.371, Annex A): for each caller it keeps one number, the time at which the quota will be
whole again. A request moves this time; one that would move it further than a window is refused.
All times are in microseconds, and integers, so that a decision never depends on rounding.
"""

import time
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from typing_extensions import override

KEYS_MAX: Final = 50_000
"""Callers of one class in memory, about 150 bytes each."""

_SECOND_US: Final = 1_000_000


def monotonic_us() -> int:
    """Return the time of this process."""
    return time.monotonic_ns() // 1_000


class Decision(NamedTuple):
    """What a limit says of a request. `ahead_us` is how long the quota needs to be whole again."""

    is_admitted: bool
    ahead_us: int


class Policy:
    """The numbers of a class in this process."""

    def __init__(self, name: str, quota: int, window_seconds: int) -> None:
        self.name: Final = name
        self.quota: Final = quota
        self.interval_us: Final = max(1, window_seconds * _SECOND_US // quota)
        """The time after which one unit has come back."""
        self.capacity_us: Final = self.interval_us * quota
        """The time that all units need."""
        self.text: Final = f'"{name}";q={quota};w={window_seconds}'
        """The value of RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-11, 3)."""

    def state(self, decision: Decision) -> str:
        """Return the value of RateLimit (4): the units left, and the seconds until all are."""
        remaining = (self.capacity_us - decision.ahead_us) // self.interval_us
        return f'"{self.name}";r={remaining};t={_seconds(decision.ahead_us)}'

    def retry_seconds(self, decision: Decision, cost: int) -> int:
        """Return after how many seconds a refused request will be admitted."""
        return _seconds(decision.ahead_us + cost * self.interval_us - self.capacity_us)


class Limit(Protocol):
    """The limit of one class."""

    policy: Policy

    async def charge(self, key: str, cost: int) -> Decision:
        """Take `cost` units from the quota of a caller, if it has so many."""
        ...


class LocalLimit(Limit):
    """Counts in the memory of this process.

    Callers are in two generations. One that was not seen for a whole window has its whole quota, so
    it can be forgotten: after a window the older generation is dropped. When there are too many
    callers this happens earlier, and those that were not seen for the longest time start again.
    """

    def __init__(
        self, policy: Policy, now_us: Callable[[], int] = monotonic_us, keys_max: int = KEYS_MAX
    ) -> None:
        self.policy = policy
        self._interval_us = policy.interval_us
        self._capacity_us = policy.capacity_us
        self._now_us = now_us
        self._keys_max = keys_max // 2
        self._recent: dict[str, int] = {}
        self._older: dict[str, int] = {}
        self._turn_at = now_us() + self._capacity_us

    @override
    async def charge(self, key: str, cost: int) -> Decision:
        """Take `cost` units from the quota of a caller, if it has so many."""
        now = self._now_us()
        if now >= self._turn_at or len(self._recent) >= self._keys_max:
            self._turn(now)
        whole_at = self._recent.get(key) or self._older.get(key, now)
        ahead = max(0, whole_at - now)
        after = ahead + cost * self._interval_us
        is_admitted = after <= self._capacity_us
        if is_admitted:
            ahead = after
        self._recent[key] = now + ahead
        return Decision(is_admitted, ahead)

    def _turn(self, now: int) -> None:
        self._older, self._recent = self._recent, {}
        self._turn_at = now + self._capacity_us


def _seconds(microseconds: int) -> int:
    return max(0, -(-microseconds // _SECOND_US))
