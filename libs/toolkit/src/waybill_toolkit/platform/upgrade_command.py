"""`waybill upgrade`."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import typer

from waybill_toolkit.command_line.explained import explained
from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.options import Data, data_folder
from waybill_toolkit.platform.state import Upgrade
from waybill_toolkit.platform.upgrading import request_upgrade
from waybill_toolkit.platform.waiting import wait_until

app = typer.Typer()

_BEGINS_SECONDS: Final = 10.0
_SERVICE_SECONDS: Final = 180.0  # a process is given up after 120 s

Services = Annotated[
    Path | None,
    typer.Option(
        help="The folder with the services of another version. Default: the one that runs.",
        show_default=False,
    ),
]


@app.command()
def upgrade(*, services: Services = None, data: Data = None) -> None:
    """Go on with the code on disk, one service after the other, without a failed request.

    New migrations are applied before. The supervisor, PostgreSQL and the broker go on as they are.
    """
    with explained():
        platform = Platform.load(data_folder(data))
        folder = services or platform.plan().services[0].folder.parent
        upgrade_to(platform, folder.absolute(), typer.echo)
    typer.echo("Everything runs the new code.")


def upgrade_to(platform: Platform, services_root: Path, say: Callable[[str], object]) -> None:
    """Upgrade a platform, and return when all services run the code of this folder.

    Raises PlatformError with what the supervisor says.
    """
    last = platform.state().upgrade
    if last and not last.is_over:
        raise PlatformError(f"An upgrade goes on ({last.step}): wait until it is over.")
    number = last.number + 1 if last else 1
    request_upgrade(platform.folder, number, services_root)
    platform.state().supervisor.signal(signal.SIGHUP)
    steps: list[str] = []

    def now() -> Upgrade | None:
        state = platform.state()
        if not state.is_running:
            raise PlatformError("The platform has ended: see `waybill logs platform`.")
        found = state.upgrade if state.upgrade and state.upgrade.number == number else None
        if found and found.step and found.step not in steps:
            steps.append(found.step)
            say(found.step)
        return found

    try:
        wait_until(lambda: now() is not None, _BEGINS_SECONDS)
    except TimeoutError:
        raise PlatformError(
            "The platform does not take an upgrade: it was started by a version without it. "
            "Start it again with `waybill down` and `waybill up`."
        ) from None
    wait_until(
        lambda: (found := now()) is None or found.is_over,
        _SERVICE_SECONDS * (len(platform.services) + 1),
        "the end of the upgrade; see `waybill logs platform`",
    )
    over = now()
    if over and over.failure:
        raise PlatformError(over.failure)
