"""The context and the result of one execution of a statement."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol, TypeAlias

from typing_extensions import override

from waybill_simulation.postgres.tables import Slot, Table, Version, Work

Rows: TypeAlias = list[tuple[Any, ...]]


class Record(tuple[Any, ...]):
    """A row of a result, by number and by name, as in asyncpg."""

    __slots__ = ()
    numbers: ClassVar[dict[str, int]] = {}

    @override
    def __getitem__(self, key: Any) -> Any:
        return tuple.__getitem__(self, self.numbers[key] if type(key) is str else key)

    def keys(self) -> Iterable[str]:
        """Return the names of the columns, for `**record`."""
        return self.numbers


class Locks(Protocol):
    """The locks that statements wait for."""

    async def take(self, work: Work, slot: Slot, command: int, *, skip: bool = False) -> bool:
        """Lock a row; False when another transaction holds it and `skip` is set."""

    async def wait(self, work: Work, holder: Work) -> None:
        """Wait for the end of another transaction. Raises DeadlockDetectedError."""


class Session(Protocol):
    """The part of a session that statements use."""

    def now(self) -> datetime: ...

    def transaction_id(self, work: Work) -> int:
        """Return the id of a transaction, which is assigned on first use."""

    def oldest_transaction_id(self) -> int:
        """Return an id such that all transactions with lower ones have ended."""

    def notify(self, channel: str) -> None:
        """Notify a channel when the transaction commits."""

    async def lock_advisory(self, work: Work, key: object) -> None:
        """Wait for an advisory lock of the transaction."""

    def try_lock_advisory(self, key: object, work: Work | None) -> bool:
        """Take an advisory lock for the transaction, or for the session, if it is free."""


@dataclass(slots=True)
class Run:
    """One execution of a statement."""

    params: Sequence[Any]
    tables: dict[str, Table]
    locks: Locks
    work: Work
    session: Session
    snapshot: int
    command: int
    ctes: dict[str, list[Version]] = field(default_factory=dict)
    before: list[Any] = field(default_factory=list)
