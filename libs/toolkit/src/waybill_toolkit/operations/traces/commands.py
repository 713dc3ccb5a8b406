"""`waybill traces` and `waybill trace`."""

import errno
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final

import typer

from waybill_toolkit.command_line.errors import CommandError
from waybill_toolkit.command_line.explained import explained
from waybill_toolkit.operations.traces.found import slowest, spans_of
from waybill_toolkit.operations.traces.picture import svg
from waybill_toolkit.operations.traces.receiver import PORT, TraceReceiver
from waybill_toolkit.operations.traces.waterfall import milliseconds, text
from waybill_toolkit.platform.options import Data, data_folder

app = typer.Typer()

_LOOPBACK: Final = "127.0.0.1"
FILE_NAME: Final = "traces.jsonl"

File = Annotated[
    Path | None,
    typer.Option(
        "--file",
        help="The file of spans, one OTLP/JSON request a line. Default: traces.jsonl in the data.",
        show_default=False,
    ),
]


@app.command()
def traces(
    *,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The port on 127.0.0.1.")] = PORT,
    file: File = None,
    data: Data = None,
) -> None:
    """Receive traces until Ctrl-C, and keep them in a file that `waybill trace` reads."""
    path = _file(file, data)
    with explained():
        path.parent.mkdir(parents=True, exist_ok=True)
        receiver = _receiver(port, path)
    endpoint = f"http://{_LOOPBACK}:{receiver.server_address[1]}"
    typer.echo(f"Receiving traces into {path}. Start services with")
    typer.echo(f"  OTEL_EXPORTER_OTLP_ENDPOINT={endpoint} waybill up")
    with receiver, suppress(KeyboardInterrupt):
        receiver.serve_forever()
    typer.echo(f"Received {receiver.received} spans.")


@app.command()
def trace(
    order: Annotated[
        str | None, typer.Argument(metavar="ORDER", help="The id of an order, or of a trace.")
    ] = None,
    *,
    slowest_orders: Annotated[
        int | None, typer.Option("--slowest", min=1, help="List the orders that took longest.")
    ] = None,
    picture: Annotated[
        Path | None, typer.Option("--svg", help="Also draw it into this file.", show_default=False)
    ] = None,
    file: File = None,
    data: Data = None,
) -> None:
    """Draw the trace of one order: what each service did, and when."""
    if (order is None) == (slowest_orders is None):
        raise typer.BadParameter("Name an order or a trace, or ask for the --slowest orders.")
    path = _file(file, data)
    with explained():
        if order is None:
            for each, nanoseconds in slowest(path, slowest_orders or 1):
                typer.echo(f"{milliseconds(nanoseconds):>14}  {each}")
            return
        spans = spans_of(path, order)
        if picture is not None:
            picture.write_text(svg(spans, f"Order {order}"), "utf-8")
    typer.echo(text(spans))


def _receiver(port: int, path: Path) -> TraceReceiver:
    try:
        return TraceReceiver((_LOOPBACK, port), path)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise CommandError(f"Port {port} is in use: choose another one with --port.") from None


def _file(file: Path | None, data: Path | None) -> Path:
    return file or data_folder(data) / FILE_NAME
