"""`waybill run`: one service in this terminal."""

import os
import runpy
import shutil
import signal
import sys
from typing import Annotated

import typer

from waybill_toolkit.command_line.explained import explained
from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.launcher import refuse_taken_port
from waybill_toolkit.platform.lending import claim
from waybill_toolkit.platform.options import Data, ServiceName, data_folder
from waybill_toolkit.platform.ports import free_port
from waybill_toolkit.platform.state import Condition
from waybill_toolkit.platform.waiting import wait_until

app = typer.Typer()

_GIVEN_UP_SECONDS = 30.0  # the platform's own process has 15 to stop


@app.command(context_settings={"ignore_unknown_options": True})
def run(
    service: ServiceName,
    command: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="COMMAND", help="After --: what to run instead of `python -m SERVICE`."
        ),
    ] = None,
    *,
    here: Annotated[
        bool,
        typer.Option(
            "--here", help="In place of the platform's process, on its port, until this one ends."
        ),
    ] = False,
    data: Data = None,
) -> None:
    """Run one service of the running platform in this terminal, to debug it, say.

    Without --here it is an additional process of the service on another port; the two share the
    partitions. It runs in this process: a debugger that starts `waybill run`, as
    `python -m pdb -m waybill_toolkit run orders --here` does, is in the service.
    """
    with explained():
        if command and not shutil.which(command[0]):
            raise PlatformError(f"There is no command {command[0]}.")
        platform = Platform.load(data_folder(data))
        variables = platform.variables(platform.known(service))
        if here:
            take_over(platform, service)
            port = int(variables["WAYBILL_PORT"])
            refuse_taken_port(service, port, "leave out --here to take another one")
        else:
            variables["WAYBILL_PORT"] = str(free_port())
    typer.echo(f"{service} is served at http://127.0.0.1:{variables['WAYBILL_PORT']}", err=True)
    os.environ.setdefault("WAYBILL_BACKGROUND_PROCESS", "false")  # one process: one debugger
    os.environ.update(variables)
    if command:
        os.execvp(command[0], command)  # noqa: S606 - the user's command
    sys.path.insert(0, str(platform.plan().service(service).source))
    sys.argv = [service]
    runpy.run_module(service, run_name="__main__", alter_sys=True)


def take_over(platform: Platform, service: str) -> None:
    """Have the platform stop its process of a service until this process ends.

    Raises PlatformError when another terminal has the service, or it does not stop in time.
    """
    holder = claim(platform.folder, service)
    if holder:
        raise PlatformError(
            f"{service} runs in the foreground already (pid {holder.pid}): end that first."
        )
    platform.state().supervisor.signal(signal.SIGHUP)

    def is_given_up() -> bool:
        process = platform.process(service)
        return process.condition is Condition.FOREGROUND and process.foreground_pid == os.getpid()

    try:
        wait_until(is_given_up, _GIVEN_UP_SECONDS)
    except TimeoutError as error:
        raise PlatformError(
            f"The platform did not stop its own process of {service} within "
            f"{_GIVEN_UP_SECONDS:g} s: see `waybill logs platform`."
        ) from error
