"""Identifiers that sort by the time of their creation."""

import secrets
import time
from typing import Final
from uuid import UUID

_NANOSECONDS_PER_MILLISECOND: Final = 1_000_000
_VERSION_7: Final = 0x7 << 76
_VARIANT_RFC: Final = 0b10 << 62


class _Ticks:
    """Milliseconds with a fraction of 12 bits, strictly increasing."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        milliseconds, rest = divmod(time.time_ns(), _NANOSECONDS_PER_MILLISECOND)
        tick = milliseconds << 12 | rest * 4096 // _NANOSECONDS_PER_MILLISECOND
        self._last = max(tick, self._last + 1)
        return self._last


_ticks = _Ticks()


def uuid7() -> UUID:
    """Return a UUID of version 7 (RFC 9562, section 5.7).

    Within a process each one is greater than the one before (section 6.2, method 3: the 12 bits
    after the version hold a fraction of the millisecond), so rows are appended to an index on it.
    """
    tick = _ticks.next()
    return UUID(
        int=(tick >> 12) << 80
        | _VERSION_7
        | (tick & 0xFFF) << 64
        | _VARIANT_RFC
        | secrets.randbits(62)
    )
