"""The transaction of a session, from BEGIN to its end."""

from collections.abc import Callable
from typing import Final, TypeAlias

import asyncpg

from waybill_simulation.postgres.run import Record
from waybill_simulation.postgres.server import Server
from waybill_simulation.postgres.tables import Work

Answer: TypeAlias = tuple[str, list[Record]] | Exception


class TransactionBlock:
    """The transaction of a session; `work` is None outside of one."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.work: Work | None = None
        self.notified: list[str] = []
        """The channels to notify when it commits."""
        self.is_asynchronous = False

    def begin(self) -> Answer:
        self.work = Work(is_block=True)
        return "BEGIN", []

    def commit(self) -> Answer:
        if self.work is None or self.work.failed:
            return self.rollback()
        work, self.work = self.work, None
        self.commit_work(work)
        return "COMMIT", []

    def commit_work(self, work: Work) -> None:
        """Commit this transaction or that of a single statement."""
        self._server.commit(work, is_asynchronous=self.is_asynchronous)
        channels, self.notified = self.notified, []
        self._server.notify(channels)

    def rollback(self) -> Answer:
        work, self.work = self.work, None
        self.notified = []
        if work is not None:
            self._server.release(work)
        return "ROLLBACK", []

    def savepoint(self) -> Answer:
        if self.work is None or self.work.failed:
            return asyncpg.InFailedSQLTransactionError("transaction is aborted")
        self.work.savepoint = self._server.mark()
        return "SAVEPOINT", []

    def rollback_to_savepoint(self) -> Answer:
        if self.work is None:
            return asyncpg.NoActiveSQLTransactionError("no transaction")
        self.work.failed = False
        self._server.rollback_to(self.work)
        return "ROLLBACK", []

    def release_savepoint(self) -> Answer:
        return "RELEASE", []


CONTROLS: Final[dict[str, Callable[[TransactionBlock], Answer]]] = {
    "BEGIN": TransactionBlock.begin,
    "COMMIT": TransactionBlock.commit,
    "ROLLBACK": TransactionBlock.rollback,
    "SAVEPOINT attempt": TransactionBlock.savepoint,
    "ROLLBACK TO SAVEPOINT attempt": TransactionBlock.rollback_to_savepoint,
    "RELEASE SAVEPOINT attempt": TransactionBlock.release_savepoint,
}
"""The transaction commands that the services send."""
