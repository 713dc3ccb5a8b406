"""A session: one connection, on the side of the server."""

from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeAlias
from uuid import UUID

import asyncpg

from waybill_simulation.postgres.locks import Blocked
from waybill_simulation.postgres.not_simulated import NotSimulatedError
from waybill_simulation.postgres.run import Record
from waybill_simulation.postgres.server import Server
from waybill_simulation.postgres.tables import Work
from waybill_simulation.postgres.transaction_block import CONTROLS, Answer, TransactionBlock

Reply: TypeAlias = Callable[[Answer], None]

_SETTINGS: Final = ("SET ", "set ")
_BEGIN_WITH: Final = "BEGIN; "
_PLAIN: Final = frozenset({str, int, bool, bytes, datetime, UUID, type(None)})


class Session:
    """One connection. Its transaction is rolled back when it ends."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._block = TransactionBlock(server)
        self._is_over = False
        self.listeners: dict[str, Callable[[], None]] = {}
        self.on_end: Callable[[], None] = lambda: None
        self.is_asked = False

    @property
    def is_in_transaction(self) -> bool:
        return self._block.work is not None

    def ask(self, sql: str, arguments: Sequence[Any], reply: Reply) -> None:
        """Run a statement, and reply when it is done: immediately unless it waits for a lock."""
        if self._is_over:
            return
        if sql.startswith(_BEGIN_WITH):
            self._block.begin()
            sql = sql.removeprefix(_BEGIN_WITH)
        control = CONTROLS.get(sql)
        if control is not None:
            reply(control(self._block))
        elif sql.startswith(_SETTINGS):
            self._block.is_asynchronous |= sql == "SET synchronous_commit = off"
            reply(("SET", []))
        elif self._block.work is not None and self._block.work.failed:
            reply(asyncpg.InFailedSQLTransactionError("transaction is aborted"))
        else:
            self._start(sql, arguments, reply)

    def _start(self, sql: str, arguments: Sequence[Any], reply: Reply) -> None:
        work = self._block.work or Work(is_block=False)
        run = self._server.statement(self, work, _plain(arguments))
        try:
            plan = self._server.schema.plan(sql)
        except NotSimulatedError as error:
            reply(self._not_simulated(error, sql))
            return
        self._go_on(plan.run(run), sql, work, reply)

    def _not_simulated(self, error: Exception, sql: str) -> NotSimulatedError:
        if not isinstance(error, NotSimulatedError):
            error = NotSimulatedError(f"what ends in {type(error).__name__} ({error})")
        error.sql = sql
        self._server.on_not_simulated(error)
        return error

    def _go_on(
        self,
        steps: Coroutine[Blocked, None, tuple[str, list[Record]]],
        sql: str,
        work: Work,
        reply: Reply,
    ) -> None:
        if self._is_over:
            steps.close()
            if not work.ended:
                self._server.release(work)
            return
        answer: Answer
        try:
            blocked = steps.send(None)
        except StopIteration as done:
            answer = done.value
            if not work.is_block:
                self._block.commit_work(work)
        except Exception as error:  # noqa: BLE001 (the client gets it)
            is_postgres = isinstance(error, asyncpg.PostgresError)
            answer = error if is_postgres else self._not_simulated(error, sql)
            work.failed = True
            if not work.is_block:
                self._server.release(work)
        else:
            blocked.holder.waiters.append(partial(self._go_on, steps, sql, work, reply))
            return
        reply(answer)

    def end(self) -> None:
        """Lose the connection: the open transaction is rolled back."""
        if self._is_over:
            return
        self._is_over = True
        self.listeners = {}
        if self in self._server.sessions:
            self._server.sessions.remove(self)
        self._server.advisory_locks.release_session(self)
        self._block.rollback()
        self.on_end()

    # the part that statements use

    def now(self) -> datetime:
        return self._server.now()

    def transaction_id(self, work: Work) -> int:
        return self._server.number_of(work)

    def oldest_transaction_id(self) -> int:
        return self._server.oldest_number()

    def notify(self, channel: str) -> None:
        """Notify a channel when the transaction commits."""
        self._block.notified.append(channel)

    async def lock_advisory(self, work: Work, key: object) -> None:
        """Wait for an advisory lock of the transaction."""
        await self._server.advisory_locks.take(self, work, key)

    def try_lock_advisory(self, key: object, work: Work | None) -> bool:
        """Take an advisory lock for the transaction, or for the session, if it is free."""
        return self._server.advisory_locks.try_take(self, work, key)


def connect(server: Server) -> Session:
    """Begin a session. Raises asyncpg's error while the server is down."""
    if not server.is_up:
        raise ConnectionRefusedError("the database is away")
    session = Session(server)
    server.sessions.append(session)
    return session


def run_now(server: Server, sql: str, *arguments: object) -> list[Record]:
    """Run one statement outside of virtual time: for initial data and for audits."""
    answers: list[Answer] = []
    Session(server).ask(sql, arguments, answers.append)
    answer = answers[0]
    if isinstance(answer, Exception):
        raise answer
    return answer[1]


def _plain(values: Sequence[Any]) -> list[Any]:
    """Convert arguments to database values: enumerations to text."""
    return [
        value if (kind := type(value)) in _PLAIN
        else _plain(value) if kind is list
        else str(value) if isinstance(value, str)
        else value
        for value in values
    ]  # fmt: skip
