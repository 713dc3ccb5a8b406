"""The output of `waybill up` and `waybill status`."""

import time
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from waybill_toolkit.command_line.tables import print_table
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.plan import GATEWAY
from waybill_toolkit.platform.state import Condition, ProcessState, State

_MARKS = {
    Condition.WAITING: Text("·", style="dim"),
    Condition.READY: Text("✓", style="green"),
    Condition.DOWN: Text("✗", style="red"),
    Condition.FAILED: Text("✗", style="red"),
    Condition.FOREGROUND: Text("✓", style="yellow"),
    Condition.STOPPED: Text("-", style="dim"),
}


class StartView:
    """Progress of the start: a live table on a terminal, lines elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, transient=True) if console.is_terminal else None
        self._spinner = Spinner("dots")
        self._said: set[str] = set()
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live:
            self._live.stop()

    def show(self, state: State) -> None:
        if self._live:
            self._live.update(self._table(state))
            return
        for process in state.processes:
            if process.condition is Condition.READY and process.name not in self._said:
                self._said.add(process.name)
                self._console.print(f"{process.name} ready after {process.ready_after_seconds} s")

    def _table(self, state: State) -> Table:
        table = Table.grid(padding=(0, 1))
        for process in state.processes:
            mark = _MARKS.get(process.condition, self._spinner)
            table.add_row(mark, process.name, Text(_progress(process), style="dim"))
        elapsed = f"{time.monotonic() - self._began:.1f} s"
        table.add_row("", Text(state.step, style="bold"), Text(elapsed, style="dim"))
        return table


def _progress(process: ProcessState) -> str:
    if process.ready_after_seconds is not None:
        return f"{process.ready_after_seconds:.2f} s"
    return f"{process.restarts} restarts" if process.restarts else ""


def show_addresses(console: Console, platform: Platform, seconds: float) -> None:
    table = Table(title=f"Waybill is ready, after {seconds:.1f} s", title_justify="left")
    for heading in ("Service", "Address", "Swagger UI"):
        table.add_column(heading, no_wrap=True)
    for name, address in platform.addresses.items():
        table.add_row(name, address, f"{address}/docs")
    table.add_section()
    table.add_row("PostgreSQL", platform.postgres_address, "")
    table.add_row("Broker (Kafka)", platform.bootstrap_servers, "")
    for name, address in platform.observers.items():
        table.add_row(name.capitalize(), address, "")
    print_table(console, table)
    console.print(f"Data, logs, passwords: {platform.folder}", soft_wrap=True, highlight=False)
    if platform.asks_for_tokens:
        _show_call(console, platform.addresses[GATEWAY])


def _show_call(console: Console, gateway: str) -> None:
    """Show a call with an access token."""
    bearer = '-H "Authorization: Bearer $(waybill token alice)"'
    command = f"curl {bearer} {gateway}/v1/orders"
    console.print(f"Requests need an access token: {command}", soft_wrap=True, highlight=False)


def show_status(console: Console, report: dict[str, Any]) -> None:
    table = Table(title=f"Waybill on {report['data']}: {report['status']}", title_justify="left")
    for heading in ("Process", "State", "Pid", "Restarts", "Memory", "Address"):
        table.add_column(heading, no_wrap=True, justify="right" if heading == "Memory" else "left")
    for process in report["processes"]:
        table.add_row(
            process["name"],
            process["state"],
            str(process["pid"] or ""),
            str(process["restarts"]),
            _megabytes(process["pss_bytes"]),
            process["address"] or "",
        )
    table.add_section()
    table.add_row("together", "", "", "", _megabytes(report["pss_bytes"]), "")
    print_table(console, table)
    if report["work"]:
        _show_work(console, report["work"])


def _show_work(console: Console, work: dict[str, dict[str, Any]]) -> None:
    table = Table(title="Open work", title_justify="left")
    table.add_column("Service")
    for heading in ("In progress", "Lag", "Outbox", "Dead letters", "Unavailable"):
        table.add_column(heading, justify="right")
    for name, of_service in work.items():
        letters = of_service["dead_letters"].items()
        table.add_row(
            name,
            str(of_service["in_progress"]),
            _aged(of_service["lag_records"], of_service["lag_seconds"]),
            _aged(of_service["outbox_events"], of_service["outbox_oldest_seconds"]),
            ", ".join(f"{count} {state}" for state, count in letters) or "0",
            ", ".join(of_service["unavailable"]),
        )
    print_table(console, table)
    steps = [each for of_service in work.values() for each in of_service["steps"]]
    if steps:
        _show_steps(console, steps)


def _show_steps(console: Console, steps: list[dict[str, Any]]) -> None:
    """Show where sagas wait for an answer: of orders, for inventory or for payments."""
    table = Table("Saga", "Step", "Direction", title="In progress", title_justify="left")
    table.add_column("Sagas", justify="right")
    table.add_column("Longest wait", justify="right")
    for each in steps:
        waits = f"{each['oldest_seconds']:g} s"
        row = each["definition"], each["step"], each["direction"], str(each["sagas"]), waits
        table.add_row(*row)
    print_table(console, table)


def _aged(count: int, seconds: float) -> str:
    """Return a number of events, and the age of the oldest."""
    return f"{count}, {seconds:g} s" if count else "0"


def _megabytes(count: int) -> str:
    return f"{count / 1_000_000:.0f} MB" if count else ""
