"""The server: sessions, transactions, locks, and what is left of them after a crash.

Statements run at one moment of virtual time, unless they wait for a lock. Nothing here knows of
networks: see `waybill_simulation.drivers` for the time that questions and answers take.
"""

from collections.abc import Callable, Coroutine, Generator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeAlias
from uuid import UUID

import asyncpg
from typing_extensions import override

from waybill_simulation.postgres.not_simulated import NotSimulatedError
from waybill_simulation.postgres.plan import Locks, Record, Run
from waybill_simulation.postgres.schema import Schema
from waybill_simulation.postgres.tables import Slot, Work

Answer: TypeAlias = tuple[str, list[Record]] | Exception
Reply: TypeAlias = Callable[[Answer], None]

_SETTINGS: Final = ("SET ", "set ")
_BEGIN_WITH: Final = "BEGIN; "
_PLAIN: Final = frozenset({str, int, bool, bytes, datetime, UUID, type(None)})


class Blocked:
    """What a statement gives away when it has to wait for the end of a transaction."""

    def __init__(self, holder: Work) -> None:
        self.holder = holder

    def __await__(self) -> Generator["Blocked", None, None]:
        yield self


class Server(Locks):
    """One database, on a server of its own."""

    def __init__(self, schema: Schema, now: Callable[[], datetime]) -> None:
        self.schema = schema
        self.tables = schema.tables()
        self.now = now
        self.sessions: list[Session] = []
        self.advisory: dict[object, tuple[Session, Work | None]] = {}
        self.is_up = True
        self.on_not_simulated: Callable[[NotSimulatedError], None] = lambda _: None
        """Hears of what was sent here and is not known here."""
        self.on_commit: Callable[[Sequence[Slot]], None] = lambda _: None
        self._commits = 0
        self._commands = 0
        self._unflushed: list[Slot] = []

    def connect(self) -> "Session":
        """Begin a session. Raises what asyncpg raises while the server is away."""
        if not self.is_up:
            raise ConnectionRefusedError("the database is away")
        session = Session(self)
        self.sessions.append(session)
        return session

    def crash(self) -> None:
        """Lose all sessions, and what was committed without waiting for the disk."""
        self.is_up = False
        for session in list(self.sessions):
            session.end()
        for slot in reversed(self._unflushed):
            slot.versions.pop()
        self._unflushed = []

    def run_now(self, sql: str, *arguments: object) -> list[Record]:
        """Run one statement outside of time: for the history's beginning, and for audits."""
        session = Session(self)
        answers: list[Answer] = []
        session.ask(sql, arguments, answers.append)
        answer = answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer[1]

    # locks

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

    # transactions

    def statement(self, session: "Session", work: Work, params: Sequence[Any]) -> Run:
        self._commands += 1
        return Run(params, self.tables, self, work, session, self._commits, self._commands)

    def mark(self) -> int:
        return self._commands

    def commit(self, session: "Session", work: Work) -> None:
        written = [slot for slot in work.slots if slot.pending]
        if written:
            self._commits += 1
            for slot in written:
                slot.versions.append((self._commits, slot.pending[-1][1]))
            self._unflushed += written
        if written and not session.is_asynchronous:
            self._unflushed = []
        if written:
            self.on_commit(written)
        self.release(work)

    def release(self, work: Work) -> None:
        """End a transaction: what it has not committed is gone; nobody waits for it any more."""
        for slot in work.slots:
            slot.pending = []
            slot.holder = None
        for key in work.locks:
            self.advisory.pop(key, None)
        work.slots, work.locks = [], []
        work.ended = True
        waiters, work.waiters = work.waiters, []
        for resume in waiters:
            resume()

    def back_to(self, work: Work) -> None:
        """Undo what was done since the savepoint."""
        kept: list[Slot] = []
        for slot in work.slots:
            slot.pending = [each for each in slot.pending if each[0] <= work.savepoint]
            if slot.locked_at <= work.savepoint:
                kept.append(slot)
            else:
                slot.holder = None
        work.slots = kept
        waiters, work.waiters = work.waiters, []
        for resume in waiters:
            resume()


@dataclass(eq=False)
class Session:
    """One connection, as the server sees it. Its transaction ends with it."""

    server: Server
    work: Work | None = None
    is_asynchronous: bool = False
    is_over: bool = False
    listeners: dict[str, Callable[[], None]] = field(default_factory=dict)
    notified: list[str] = field(default_factory=list)
    on_end: Callable[[], None] = lambda: None
    is_asked: bool = False
    """Whether somebody waits for an answer; kept by the driver, for faults."""

    def ask(self, sql: str, arguments: Sequence[Any], reply: Reply) -> None:
        """Run a statement, and reply when it is done: at once, unless it waits."""
        if self.is_over:
            return
        if sql.startswith(_BEGIN_WITH):
            self.begin()
            sql = sql.removeprefix(_BEGIN_WITH)
        control = _CONTROLS.get(sql)
        if control is not None:
            reply(control(self))
        elif sql.startswith(_SETTINGS):
            self.is_asynchronous |= sql == "SET synchronous_commit = off"
            reply(("SET", []))
        elif self.work is not None and self.work.failed:
            reply(asyncpg.InFailedSQLTransactionError("transaction is aborted"))
        else:
            self._start(sql, arguments, reply)

    def _start(self, sql: str, arguments: Sequence[Any], reply: Reply) -> None:
        work = self.work or Work(is_block=False)
        run = self.server.statement(self, work, _plain(arguments))
        try:
            plan = self.server.schema.plan(sql)
        except NotSimulatedError as error:
            reply(self._not_simulated(error, sql))
            return
        self._go_on(plan.run(run), sql, work, reply)

    def _not_simulated(self, error: Exception, sql: str) -> NotSimulatedError:
        if not isinstance(error, NotSimulatedError):
            error = NotSimulatedError(f"what ends in {type(error).__name__} ({error})")
        error.sql = sql
        self.server.on_not_simulated(error)
        return error

    def _go_on(
        self,
        steps: Coroutine[Blocked, None, tuple[str, list[Record]]],
        sql: str,
        work: Work,
        reply: Reply,
    ) -> None:
        if self.is_over:
            steps.close()
            if not work.ended:
                self.server.release(work)
            return
        answer: Answer
        try:
            blocked = steps.send(None)
        except StopIteration as done:
            answer = done.value
            if not work.is_block:
                self.server.commit(self, work)
                self._notify()
        except Exception as error:  # noqa: BLE001 (the client gets it)
            is_postgres = isinstance(error, asyncpg.PostgresError)
            answer = error if is_postgres else self._not_simulated(error, sql)
            work.failed = True
            if not work.is_block:
                self.server.release(work)
        else:
            blocked.holder.waiters.append(partial(self._go_on, steps, sql, work, reply))
            return
        reply(answer)

    async def advisory(self, work: Work, key: object) -> None:
        """Wait for an advisory lock of this transaction."""
        while (held := self.server.advisory.get(key)) is not None and held[1] is not work:
            if held[1] is None:
                raise NotSimulatedError("waiting for a lock that a session holds", "pg_advisory")
            await self.server.wait(work, held[1])
        self.server.advisory[key] = (self, work)
        work.locks.append(key)

    def try_advisory(self, key: object, work: Work | None) -> bool:
        """Take an advisory lock for the transaction, or for the session, if it is free."""
        held = self.server.advisory.get(key)
        if held is not None:
            return held[0] is self
        self.server.advisory[key] = (self, work)
        if work is not None:
            work.locks.append(key)
        return True

    # BEGIN and what comes after

    def begin(self) -> Answer:
        self.work = Work(is_block=True)
        return "BEGIN", []

    def commit(self) -> Answer:
        work, self.work = self.work, None
        if work is None or work.failed:
            self.notified = []
            if work is not None:
                self.server.release(work)
            return "ROLLBACK", []
        self.server.commit(self, work)
        self._notify()
        return "COMMIT", []

    def rollback(self) -> Answer:
        work, self.work = self.work, None
        self.notified = []
        if work is not None:
            self.server.release(work)
        return "ROLLBACK", []

    def savepoint(self) -> Answer:
        if self.work is None or self.work.failed:
            return asyncpg.InFailedSQLTransactionError("transaction is aborted")
        self.work.savepoint = self.server.mark()
        return "SAVEPOINT", []

    def back_to_savepoint(self) -> Answer:
        if self.work is None:
            return asyncpg.NoActiveSQLTransactionError("no transaction")
        self.work.failed = False
        self.server.back_to(self.work)
        return "ROLLBACK", []

    def released(self) -> Answer:
        return "RELEASE", []

    def end(self) -> None:
        """Lose the connection: what is not committed is undone."""
        if self.is_over:
            return
        self.is_over = True
        self.listeners = {}
        if self in self.server.sessions:
            self.server.sessions.remove(self)
        for key, held in list(self.server.advisory.items()):
            if held[0] is self and held[1] is None:
                del self.server.advisory[key]
        if self.work is not None:
            self.server.release(self.work)
            self.work = None
        self.on_end()

    def _notify(self) -> None:
        channels, self.notified = self.notified, []
        for channel in dict.fromkeys(channels):
            for session in self.server.sessions:
                heard = session.listeners.get(channel)
                if heard is not None:
                    heard()


_CONTROLS: Final[dict[str, Callable[[Session], Answer]]] = {
    "BEGIN": Session.begin,
    "COMMIT": Session.commit,
    "ROLLBACK": Session.rollback,
    "SAVEPOINT attempt": Session.savepoint,
    "ROLLBACK TO SAVEPOINT attempt": Session.back_to_savepoint,
    "RELEASE SAVEPOINT attempt": Session.released,
}


def _plain(values: Sequence[Any]) -> list[Any]:
    """Give arguments as the database keeps them: no enumerations."""
    return [
        value if (kind := type(value)) in _PLAIN
        else _plain(value) if kind is list
        else str(value) if isinstance(value, str)
        else value
        for value in values
    ]  # fmt: skip
