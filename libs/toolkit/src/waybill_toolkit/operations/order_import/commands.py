"""`waybill import orders`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from waybill_toolkit.command_line.output import (
    AsJson,
    OutputFile,
    console_of,
    give,
    in_a_folder,
    written,
)
from waybill_toolkit.operations.order_import.failed_file import default_path, write_failed
from waybill_toolkit.operations.order_import.placing import import_orders
from waybill_toolkit.operations.order_import.reading import read_orders
from waybill_toolkit.operations.order_import.result import Result
from waybill_toolkit.operations.order_import.rules import contract_rules
from waybill_toolkit.operations.order_import.spool import Spool
from waybill_toolkit.operations.order_import.text_file import TextForm
from waybill_toolkit.operations.workload import show
from waybill_toolkit.operations.workload.options import Exit, PortBase
from waybill_toolkit.operations.workload.placing import CONCURRENCY
from waybill_toolkit.operations.workload.session import (
    audit_when_settled,
    client_of,
    errors_reported,
    running_platform,
)
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.options import Data, data_folder
from waybill_toolkit.platform.plan import PORT_BASE

app = typer.Typer()
imports = typer.Typer(help="Import files.", no_args_is_help=True)
app.add_typer(imports, name="import")

_INTERRUPTED = 130  # as a shell reports Ctrl-C

Concurrency = Annotated[int, typer.Option(min=1, max=256, help="Number of concurrent orders.")]


def _new_file(path: Path | None) -> Path | None:
    """Refuse a file that exists or cannot be written, before the work."""
    if path and path.exists():
        raise typer.BadParameter(f"{path} exists: name a new file")
    return in_a_folder(path)


@imports.command()
def orders(
    file: Annotated[Path, typer.Argument(help="Orders as CSV, one row for each line.")],
    *,
    set_prices: Annotated[
        bool,
        typer.Option(
            "--set-prices",
            help="Let the catalogue follow the prices of the file. Without it, an order with "
            "another price than the catalogue's is not placed.",
        ),
    ] = False,
    failed: Annotated[
        Path | None,
        typer.Option(
            help="Where orders that were not placed are written, a new file. Default: "
            "NAME.failed.csv in the current folder.",
            show_default=False,
            callback=_new_file,
        ),
    ] = None,
    orders: Annotated[
        int | None, typer.Option(min=1, help="Only the first N orders.", show_default="all")
    ] = None,
    concurrency: Concurrency = CONCURRENCY,
    exit_: Exit = False,
    as_json: AsJson = False,
    output: OutputFile = None,
    data: Data = None,
    port_base: PortBase = PORT_BASE,
) -> None:
    """Place the orders of a CSV file, each once however often it is imported.

    The first line names the columns, in any order: order_ref, placed_at, customer_ref, sku, name,
    quantity, unit_price_minor, currency. Missing SKUs and stock are added.
    """
    console = console_of(as_json=as_json)
    target = failed or default_path(file)
    if not os.access(target.parent, os.W_OK):
        raise typer.BadParameter(f"{target.parent.absolute()} cannot be written: use --failed FILE")
    rules = contract_rules()
    with Spool(rules.lines_max) as spool:
        with errors_reported():
            progress = partial(show.progress_bar, console)
            form = read_orders(file, spool, rules, orders_max=orders, progress=progress)
            show.say(console, f"{file} was read as {form}.")
        with (
            errors_reported(),
            running_platform(data_folder(data), port_base, console, stop=exit_) as platform,
            _interruptible(console),
        ):
            uvloop.run(_import(platform, spool, console, concurrency, sets_prices=set_prices))
            written_file = _write_failed(target, spool, form)
            with console.status("Auditing ..."):
                report = uvloop.run(audit_when_settled(platform))
        result = Result.of(spool.findings, str(form), written_file, report)
    result.show(console)
    if result.refusals and not set_prices:
        show.say(console, "With --set-prices the catalogue follows the prices of the file.")
    give(result.to_json(), as_json=as_json, output=output)
    raise typer.Exit(0 if result.is_ok else 1)


async def _import(
    platform: Platform, spool: Spool, console: Console, concurrency: int, *, sets_prices: bool
) -> None:
    client = client_of(platform)
    try:
        await import_orders(
            client,
            spool,
            sets_prices=sets_prices,
            concurrency=concurrency,
            progress=partial(show.progress_bar, console),
        )
    finally:
        client.close()


def _write_failed(path: Path, spool: Spool, form: TextForm) -> Path | None:
    """Write the orders that were not placed, if there are any, and return the file."""
    if next(spool.findings.failed_lines(), None) is None:
        return None
    written(path, lambda: write_failed(path, spool.findings, form))
    return path


@contextmanager
def _interruptible(console: Console) -> Iterator[None]:
    """On Ctrl-C, say how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        show.say(
            console,
            "Interrupted. The same command goes on with the rest: orders that are placed are not "
            "placed again.",
        )
        raise typer.Exit(_INTERRUPTED) from None
