"""Row locks, advisory locks, and waiting for their holders."""

from collections.abc import Generator

import asyncpg
from typing_extensions import override

from waybill_simulation.postgres.not_simulated import NotSimulatedError
from waybill_simulation.postgres.run import Locks
from waybill_simulation.postgres.tables import Slot, Work


class Blocked:
    """Yielded by a statement that waits for the end of a transaction."""

    def __init__(self, holder: Work) -> None:
        self.holder = holder

    def __await__(self) -> Generator["Blocked", None, None]:
        yield self


class RowLocks(Locks):
    """Row locks; each row has a reference to its holder."""

    @override
    async def take(self, work: Work, slot: Slot, command: int, *, skip: bool = False) -> bool:
        while slot.holder is not None and slot.holder is not work:
            if skip:
                return False
            await self.wait(work, slot.holder)
        if slot.holder is None:
            slot.holder, slot.locked_at = work, command
            work.slots.append(slot)
        return True

    @override
    async def wait(self, work: Work, holder: Work) -> None:
        other: Work | None = holder
        while other is not None:
            if other is work:
                raise asyncpg.DeadlockDetectedError("deadlock detected")
            other = other.waits_for
        work.waits_for = holder
        try:
            await Blocked(holder)
        finally:
            work.waits_for = None


class AdvisoryLocks:
    """Advisory locks, held by a transaction or by a session."""

    def __init__(self, rows: RowLocks) -> None:
        self._rows = rows
        self._held: dict[object, tuple[object, Work | None]] = {}

    async def take(self, session: object, work: Work, key: object) -> None:
        """Wait for a lock, and hold it until the end of the transaction."""
        while (held := self._held.get(key)) is not None and held[1] is not work:
            if held[1] is None:
                raise NotSimulatedError("waiting for a lock that a session holds", "pg_advisory")
            await self._rows.wait(work, held[1])
        self._held[key] = (session, work)
        work.locks.append(key)

    def try_take(self, session: object, work: Work | None, key: object) -> bool:
        """Take a lock for the transaction, or for the session, if it is free."""
        held = self._held.get(key)
        if held is not None:
            return held[0] is session
        self._held[key] = (session, work)
        if work is not None:
            work.locks.append(key)
        return True

    def release(self, work: Work) -> None:
        """Release the locks of a transaction."""
        for key in work.locks:
            self._held.pop(key, None)
        work.locks = []

    def release_session(self, session: object) -> None:
        """Release the session-level locks of a session."""
        for key, held in list(self._held.items()):
            if held[0] is session and held[1] is None:
                del self._held[key]
