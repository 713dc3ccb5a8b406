"""Migrates the databases in a separate process, at the start and when SQL files change."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from waybill_toolkit.platform.children import describe
from waybill_toolkit.platform.errors import StartError
from waybill_toolkit.platform.log_files import Follower
from waybill_toolkit.platform.plan import Plan
from waybill_toolkit.platform.prefork import Request
from waybill_toolkit.platform.prefork_client import PreforkClient
from waybill_toolkit.platform.state import Condition, ProcessState

MIGRATIONS: Final = "migrations"


class Migrations:
    def __init__(
        self, plan: Plan, host: PreforkClient, log: Path, on_change: Callable[[], None]
    ) -> None:
        self.state = ProcessState(MIGRATIONS, "task")
        self._plan = plan
        self._host = host
        self._log = log
        self._on_change = on_change

    async def run(self) -> None:
        """Create missing databases, apply migrations. Raises StartError, PreforkGoneError."""
        request = Request(
            name=MIGRATIONS,
            module="waybill_toolkit.platform.prepare",
            log=str(self._log),
            environment={},
            arguments=[self._plan.to_json()],
        )
        child = await self._host.launch(request)
        began = time.monotonic()
        self.state.began(child.pid)
        self._on_change()
        exit_code = await child.ended
        if exit_code != 0:
            self.state.ended(Condition.STOPPED)
            raise StartError(f"migrating the databases {describe(exit_code)}")
        self.state.ended(Condition.READY)
        self.state.ready_after_seconds = round(time.monotonic() - began, 3)

    async def run_with(self, plan: Plan, host: PreforkClient) -> None:
        """Run with another plan, and stay with it unless it fails. Raises as `run`."""
        former = self._plan, self._host
        self._plan, self._host = plan, host
        try:
            await self.run()
        except BaseException:
            self._plan, self._host = former
            raise

    def follow_log(self) -> Follower:
        """Return a follower of the lines that the next run writes."""
        return Follower(self._log, from_end=True)
