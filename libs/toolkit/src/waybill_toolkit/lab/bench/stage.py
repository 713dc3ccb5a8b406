"""The platform that is measured: one of its own, from nothing, so that results can be compared.

It lies in `.waybill-bench/` of the tree, on the disk where the tree is: /tmp may be memory, where
a flush costs nothing. It uses free ports, and goes away at the end.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from waybill_toolkit.lab.bench.costs import PRELOAD
from waybill_toolkit.lab.bench.scenario import Options
from waybill_toolkit.operations.workload.session import running_platform
from waybill_toolkit.platform.handle import Platform, running
from waybill_toolkit.platform.options import tree_root
from waybill_toolkit.platform.plan import PORT_BASE, Plan, free_port_base
from waybill_toolkit.platform.postgres_home import remove_home

FOLDER: Final = ".waybill-bench"


@contextmanager
def measured_platform(options: Options) -> Iterator[Platform]:
    """Use the platform that was asked for, else one from nothing that counts statements."""
    if options.data:
        base = options.port_base or PORT_BASE
        with running_platform(options.data, base, options.console, stop=options.stop) as platform:
            yield platform
        return
    with (
        own_plan(options) as plan,
        options.console.status("Starting a platform of its own ..."),
        running(replace(plan, postgres_settings={"shared_preload_libraries": PRELOAD})) as platform,
    ):
        options.console.print(f"A platform of its own runs in {plan.data}.", soft_wrap=True)
        yield platform


@contextmanager
def own_plan(options: Options) -> Iterator[Plan]:
    """Plan a platform with nothing in it, whose data goes away afterwards."""
    root = tree_root()
    data = root / FOLDER / str(os.getpid())
    plan = Plan.of(data, root / "services", options.port_base or free_port_base())
    try:
        yield plan
    finally:
        forget(data)


def forget(data: Path) -> None:
    """Remove the data of a platform that does not run."""
    if data.exists():
        remove_home(data)
        shutil.rmtree(data)
