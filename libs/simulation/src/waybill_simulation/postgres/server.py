"""The server: committed data, locks, and recovery after a crash.

Statements take no virtual time unless they wait for a lock. The network is simulated by the driver,
which adds the delays of requests and responses.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from waybill_simulation.postgres.locks import AdvisoryLocks, RowLocks
from waybill_simulation.postgres.not_simulated import NotSimulatedError
from waybill_simulation.postgres.run import Run, Session
from waybill_simulation.postgres.schema import Schema
from waybill_simulation.postgres.tables import Slot, Work


class OpenSession(Protocol):
    """A session that is open on a server."""

    listeners: dict[str, Callable[[], None]]
    """The callbacks for notifications, by channel."""
    is_asked: bool
    """Whether a request is pending; set by the driver, for faults."""

    def end(self) -> None:
        """Lose the connection: the open transaction is rolled back."""


class Server:
    """One database, on a server of its own."""

    def __init__(self, schema: Schema, now: Callable[[], datetime]) -> None:
        self.schema = schema
        self.tables = schema.tables()
        self.now = now
        self.sessions: list[OpenSession] = []
        self.row_locks = RowLocks()
        self.advisory_locks = AdvisoryLocks(self.row_locks)
        self.is_up = True
        self.on_not_simulated: Callable[[NotSimulatedError], None] = lambda _: None
        """Called with SQL that is not simulated."""
        self.on_commit: Callable[[Sequence[Slot]], None] = lambda _: None
        self._commits = 0
        self._commands = 0
        self._numbers = 0
        self._numbered: dict[Work, int] = {}
        self._unflushed: list[Slot] = []

    def crash(self) -> None:
        """Lose all sessions, and the latest asynchronous commits."""
        self.is_up = False
        for session in list(self.sessions):
            session.end()
        for slot in reversed(self._unflushed):
            slot.versions.pop()
        self._unflushed = []

    def statement(self, session: Session, work: Work, params: Sequence[Any]) -> Run:
        """Begin a statement, which sees all data committed so far."""
        self._commands += 1
        return Run(
            params, self.tables, self.row_locks, work, session, self._commits, self._commands
        )

    def number_of(self, work: Work) -> int:
        """Assign an id to a transaction unless it has one; ids ascend."""
        if work not in self._numbered:
            self._numbers += 1
            self._numbered[work] = self._numbers
        return self._numbered[work]

    def oldest_number(self) -> int:
        """Return a transaction id such that all lower ones have ended."""
        return min(self._numbered.values(), default=self._numbers + 1)

    def mark(self) -> int:
        """Return the number of the last statement, for a savepoint."""
        return self._commands

    def commit(self, work: Work, *, is_asynchronous: bool) -> None:
        """Commit a transaction; an asynchronous commit is lost when the server crashes soon."""
        written = [slot for slot in work.slots if slot.pending]
        if written:
            self._commits += 1
            for slot in written:
                slot.versions.append((self._commits, slot.pending[-1][1]))
            if is_asynchronous:
                self._unflushed += written
            else:
                self._unflushed = []
            self.on_commit(written)
        self.release(work)

    def release(self, work: Work) -> None:
        """Roll back a transaction and release its locks."""
        for slot in work.slots:
            slot.pending = []
            slot.holder = None
        self.advisory_locks.release(work)
        work.slots = []
        work.ended = True
        self._numbered.pop(work, None)
        _resume_waiters(work)

    def rollback_to(self, work: Work) -> None:
        """Roll back to a savepoint."""
        kept: list[Slot] = []
        for slot in work.slots:
            slot.pending = [each for each in slot.pending if each[0] <= work.savepoint]
            if slot.locked_at <= work.savepoint:
                kept.append(slot)
            else:
                slot.holder = None
        work.slots = kept
        _resume_waiters(work)

    def notify(self, channels: Sequence[str]) -> None:
        """Call the listeners of the channels, once for each channel."""
        for channel in dict.fromkeys(channels):
            for session in self.sessions:
                callback = session.listeners.get(channel)
                if callback is not None:
                    callback()


def _resume_waiters(work: Work) -> None:
    waiters, work.waiters = work.waiters, []
    for resume in waiters:
        resume()
