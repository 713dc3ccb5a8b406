"""The processor time and memory of an idle platform."""

import asyncio
from typing import Any, Final

import pytest

from waybill.postgres.connection_pool import UNUSED_SECONDS
from waybill_toolkit.platform.access import with_access
from waybill_toolkit.platform.handle import running
from waybill_toolkit.platform.identity import AccessMode
from waybill_toolkit.platform.plan import Plan, free_port_base
from waybill_toolkit.platform.postgres_home import remove_home
from waybill_toolkit.platform.short_folder import short_folder
from waybill_toolkit.platform.source_tree import tree_root
from waybill_toolkit.platform.status import report
from waybill_toolkit.testing.eventually import eventually

MEMORY_BYTES_MAX: Final = 450_000_000
IDLE_AFTER_SECONDS: Final = 2 * UNUSED_SECONDS + 30.0
"""A connection is closed by the second sweep of its pool at the latest. The slower the machine, the
more of them the start opens at once, and each takes a process of PostgreSQL."""
_PAUSE_SECONDS: Final = 1.0
"""A report asks every service, which costs them time too."""


def _by_process(found: dict[str, Any]) -> dict[str, int]:
    return {row["name"]: row["pss_bytes"] for row in found["processes"]}


@pytest.mark.parametrize("access", AccessMode)
async def test_an_idle_platform_stays_within_its_memory(access: AccessMode) -> None:
    with short_folder() as folder:
        plan = Plan.of(folder / "data", tree_root() / "services", free_port_base())
        plan = with_access(plan, access)

        async def measured() -> dict[str, Any]:
            found = await asyncio.to_thread(report, plan.data)
            if found["pss_bytes"] >= MEMORY_BYTES_MAX:
                await asyncio.sleep(_PAUSE_SECONDS)
            return found

        with running(plan):
            await eventually(
                "an idle platform's memory is within its limit",
                measured,
                lambda found: found["pss_bytes"] < MEMORY_BYTES_MAX,
                show=_by_process,
                within_seconds=IDLE_AFTER_SECONDS,
            )
        remove_home(plan.data)
