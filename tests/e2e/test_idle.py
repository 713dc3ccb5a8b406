"""The processor time and memory of an idle platform."""

from typing import Final

import pytest

from waybill_toolkit.platform.access import with_access
from waybill_toolkit.platform.handle import running
from waybill_toolkit.platform.identity import AccessMode
from waybill_toolkit.platform.plan import Plan, free_port_base
from waybill_toolkit.platform.postgres_home import remove_home
from waybill_toolkit.platform.short_folder import short_folder
from waybill_toolkit.platform.source_tree import tree_root
from waybill_toolkit.platform.status import report

MEMORY_BYTES_MAX: Final = 450_000_000


@pytest.mark.parametrize("access", AccessMode)
def test_an_idle_platform_stays_within_its_memory(access: AccessMode) -> None:
    with short_folder() as folder:
        plan = Plan.of(folder / "data", tree_root() / "services", free_port_base())
        plan = with_access(plan, access)
        with running(plan) as platform:
            assert report(platform.folder)["pss_bytes"] < MEMORY_BYTES_MAX
        remove_home(plan.data)
