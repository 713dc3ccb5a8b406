"""The server: sessions, transactions, locks, and what is left of them after a crash.

Statements run at one moment of virtual time, unless they wait for a lock. Nothing here knows of
networks: see `waybill_simulation.drivers` for the time that questions and answers take.
"""

from collections.abc import Callable, Coroutine, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, TypeAlias
from uuid import UUID

import asyncpg
from typing_extensions import override

from waybill_simulation.postgres.compile import Compiler, Function, Scope
from waybill_simulation.postgres.parse import parse, parse_tables
from waybill_simulation.postgres.plan import Locks, Plan, Planner, Record, Run
from waybill_simulation.postgres.syntax import CreateTable, Expr
from waybill_simulation.postgres.tables import ROW, Check, Slot, Table, Version, Work
from waybill_simulation.postgres.tokens import SqlSyntaxError

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


class Schema:
    """The tables of a service's migrations, and the plans of all statements seen so far."""

    def __init__(self, migrations: Iterable[str]) -> None:
        self._made: list[CreateTable] = [made for sql in migrations for made in parse_tables(sql)]
        columns = {made.name: tuple(c.name for c in made.columns) for made in self._made}
        keys = {made.name: list(made.unique) for made in self._made}
        self._planner = Planner(columns, keys, _FUNCTIONS)
        self._plans: dict[str, Plan] = {}
        self._rules = {made.name: _rules(made) for made in self._made}

    def tables(self) -> dict[str, Table]:
        """Make the tables, empty."""
        return {
            made.name: Table(made, self._rules[made.name][0], dict(self._rules[made.name][1]))
            for made in self._made
        }

    def plan(self, sql: str) -> Plan:
        plan = self._plans.get(sql)
        if plan is None:
            plan = self._plans[sql] = self._planner.plan(parse(sql))
        return plan


class Server(Locks):
    """One database, on a server of its own."""

    def __init__(self, schema: Schema, now: Callable[[], datetime]) -> None:
        self.schema = schema
        self.tables = schema.tables()
        self.now = now
        self.sessions: list[Session] = []
        self.advisory: dict[object, tuple[Session, Work | None]] = {}
        self.is_up = True
        self.unknown: list[str] = []
        """What was sent here that is not SQL, as far as it is known here."""
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
        except SqlSyntaxError as error:
            self.server.unknown.append(str(error))
            reply(error)
            return
        self._go_on(plan.run(run), work, reply)

    def _go_on(
        self, steps: Coroutine[Blocked, None, tuple[str, list[Record]]], work: Work, reply: Reply
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
            answer = error
            work.failed = True
            if not work.is_block:
                self.server.release(work)
        else:
            blocked.holder.waiters.append(partial(self._go_on, steps, work, reply))
            return
        reply(answer)

    async def advisory(self, work: Work, key: object) -> None:
        """Wait for an advisory lock of this transaction."""
        while (held := self.server.advisory.get(key)) is not None and held[1] is not work:
            if held[1] is None:
                raise SqlSyntaxError("waiting for a session's lock is not simulated")
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


def _try_session(run: Run, *key: object) -> bool:
    return run.session.try_advisory(key, None)


def _try_transaction(run: Run, *key: object) -> bool:
    return run.session.try_advisory(key, run.work)


def _notify(run: Run, channel: str, _: str) -> str:
    run.session.notified.append(channel)
    return ""


_FUNCTIONS: Final[dict[str, Function]] = {
    "now": lambda run: run.session.server.now(),
    "pg_try_advisory_lock": _try_session,
    "pg_try_advisory_xact_lock": _try_transaction,
    "pg_notify": _notify,
    "string_to_array": lambda _, text, by: text.split(by) if text else [],
    "length": lambda _, text: None if text is None else len(text),
    "least": lambda _, *values: min(each for each in values if each is not None),
    "greatest": lambda _, *values: max(each for each in values if each is not None),
}


def _rules(made: CreateTable) -> tuple[list[tuple[str, Check]], dict[str, Check]]:
    """Compile a table's checks and defaults."""
    columns = [column.name for column in made.columns]
    compiler = Compiler(_no_subselect, _FUNCTIONS)

    def rule(expr: Expr) -> Check:
        compiled = compiler.compile(expr, Scope([(made.name, columns)]))
        return lambda version: compiled((version,), _DEFAULT_RUN)

    defaults = {c.name: rule(c.default) for c in made.columns if c.default is not None}
    return [(name, rule(check)) for name, check in made.checks], defaults


class _DefaultRun:
    """What a default may ask for: a time, which nothing here looks at."""

    class session:  # noqa: N801 (in the place of an attribute)
        class server:  # noqa: N801 (in the place of an attribute)
            @staticmethod
            def now() -> datetime:
                return datetime(2026, 1, 1, tzinfo=UTC)


_DEFAULT_RUN: Final = _DefaultRun()


def _no_subselect(*_: object) -> Function:
    raise SqlSyntaxError("no query in a constraint")


__all__ = ["ROW", "Answer", "Schema", "Server", "Session", "Version"]
