"""Reasons to keep a process stopped for a while."""

import asyncio

from waybill_toolkit.platform.state import Condition


class Holds:
    def __init__(self) -> None:
        self._reasons: set[Condition] = set()
        self.changed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when a reason is added or removed after `renew`."""

    def __bool__(self) -> bool:
        return bool(self._reasons)

    def renew(self) -> None:
        """Reset `changed`."""
        self.changed = asyncio.get_running_loop().create_future()

    @property
    def reason(self) -> Condition:
        """The reason to show to the user."""
        lent = Condition.FOREGROUND
        return lent if lent in self._reasons else next(iter(self._reasons))

    def add(self, reason: Condition) -> None:
        self._reasons.add(reason)
        self._notice()

    def remove(self, reason: Condition) -> None:
        self._reasons.discard(reason)
        self._notice()

    def _notice(self) -> None:
        if not self.changed.done():
            self.changed.set_result(None)
