"""The measured platform: by default a new one, so that results can be compared.

Its data is in `.waybill-bench/` of the repository and not in /tmp, which may be a tmpfs, where a
flush costs nothing. It uses free ports, and is deleted at the end.
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
from waybill_toolkit.platform.access import with_access
from waybill_toolkit.platform.broker_kind import BrokerKind
from waybill_toolkit.platform.handle import Platform, running
from waybill_toolkit.platform.identity import AccessMode
from waybill_toolkit.platform.plan import BROKER_OFFSET, PORT_BASE, Plan, free_port_base
from waybill_toolkit.platform.postgres_home import remove_home
from waybill_toolkit.platform.source_tree import tree_root

FOLDER: Final = ".waybill-bench"


@contextmanager
def measured_platform(options: Options) -> Iterator[Platform]:
    """Return the platform of the options, or start a new one with pg_stat_statements."""
    if options.data:
        base = options.port_base or PORT_BASE
        with running_platform(options.data, base, options.console, stop=options.stop) as platform:
            yield platform
        return
    with (
        own_plan(options) as plan,
        options.console.status("Starting a new platform ..."),
        running(replace(plan, postgres_settings={"shared_preload_libraries": PRELOAD})) as platform,
    ):
        options.console.print(f"The new platform is in {plan.data}.", soft_wrap=True)
        yield platform


@contextmanager
def own_plan(
    options: Options,
    broker: BrokerKind = BrokerKind.EMBEDDED,
    name: str = "",
    access: AccessMode | None = None,
) -> Iterator[Plan]:
    """Plan a new platform whose data is deleted at the end; `name` tells several of a run apart."""
    root = tree_root()
    data = root / FOLDER / f"{os.getpid()}-{name or broker}"
    base = options.port_base or free_port_base()
    plan = with_access(Plan.of(data, root / "services", base, broker=broker), access)
    try:
        yield plan
    finally:
        forget(data)


def with_own_ports(options: Options, number: int) -> Options:
    """Return the options of a platform by its number: they run at once, and share no port."""
    if options.port_base is None:
        return options  # each finds free ones
    return replace(options, port_base=options.port_base + number * (BROKER_OFFSET + 1))


def forget(data: Path) -> None:
    """Delete the data of a stopped platform."""
    if data.exists():
        remove_home(data)
        shutil.rmtree(data)
