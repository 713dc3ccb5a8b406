"""Shows the active faults while a campaign runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text
from typing_extensions import override

from waybill_toolkit.lab.chaos.event import Event
from waybill_toolkit.lab.chaos.faults import Faults
from waybill_toolkit.lab.chaos.faulty_platform import FaultyPlatform
from waybill_toolkit.lab.chaos.load import Load

FRAME_SECONDS: Final = 0.25
_LAST_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class Scene:
    """The state of a campaign."""

    load: Load
    faults: Faults
    faulty: FaultyPlatform


class View:
    """A view without output."""

    def show(self, _scene: Scene) -> None:
        """Show the current state; called repeatedly."""

    def say(self, _what: str) -> None:
        """Print the next step."""


class ConsoleView(View):
    """A live table on a terminal, otherwise a line for each fault."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, transient=True, auto_refresh=False)
        self._printed = 0

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the live table within the context."""
        if not self._console.is_terminal:
            yield
            return
        with self._live:
            yield

    @override
    def say(self, what: str) -> None:
        self._console.print(what)

    @override
    def show(self, scene: Scene) -> None:
        if self._console.is_terminal:
            self._live.update(_picture(scene), refresh=True)
            return
        for event in scene.faults.events[self._printed :]:
            self._console.print(f"{event.began:6.1f} s  {event.fault}", highlight=False)
        self._printed = len(scene.faults.events)


def _picture(scene: Scene) -> Group:
    now = scene.load.now()
    attempts = scene.load.attempts
    final = sum(each.ended is not None for each in attempts)
    refused = sum(bool(each.refusal) for each in attempts)
    line = (
        f"{now:5.0f} s   placed {len(attempts)}   final {final}   refused {refused}   "
        f"in progress {len(attempts) - final - refused}"
    )
    down = scene.faulty.down()
    broken = Text(f"down: {', '.join(down)}" if down else "every process is ready")
    broken.stylize("red" if down else "green")
    table = Table.grid(padding=(0, 2))
    for event in scene.faults.events[-_LAST_SHOWN:]:
        table.add_row(f"{event.began:6.1f} s", str(event.fault), _condition(event, now))
    return Group(line, broken, table)


def _condition(event: Event, now: float) -> Text:
    if event.missed:
        return Text(event.missed, style="dim")
    if event.ended is None:
        left = max(0.0, event.began + event.fault.seconds - now)
        return Text(f"active, {left:.0f} s more", style="red")
    return Text("over", style="green")
