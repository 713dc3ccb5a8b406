"""The check for dead holes of a frontier: positions of transactions that were rolled back."""

from dataclasses import dataclass

from waybill.postgres import Connection
from waybill.sending.frontier import Frontier, Suspects
from waybill.sending.relay_store import newest_transaction, oldest_transaction


@dataclass(frozen=True, slots=True)
class _Pending:
    """Suspects that are dead when all transactions below `newest` have ended."""

    suspects: Suspects
    newest: int


class HoleCheck:
    """Determines dead holes, and removes them after the next read of the outbox."""

    def __init__(self, connection: Connection, frontier: Frontier) -> None:
        self._connection = connection
        self._frontier = frontier
        self._pending: _Pending | None = None
        self._dead: Suspects | None = None

    async def step(self) -> None:
        """Determine in two steps, one for each call, whether the current holes are dead."""
        if not self._frontier.has_holes:
            self._pending = None
        elif self._pending is None:
            suspects = self._frontier.suspects()
            self._pending = _Pending(suspects, await newest_transaction(self._connection))
        elif await oldest_transaction(self._connection) >= self._pending.newest:
            self._dead, self._pending = self._pending.suspects, None

    def outbox_was_read(self) -> None:
        """Remove the dead holes: a read of the outbox has not filled them."""
        if self._dead is not None:
            self._frontier.bury(self._dead)
            self._dead = None

    def reset(self) -> None:
        """Drop the results; the frontier was reset."""
        self._pending = self._dead = None
