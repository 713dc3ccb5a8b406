"""The output of `waybill bench`: progress, tables of figures, changes."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from waybill_toolkit.lab.bench.comparing import ROUNDS_MIN, Difference
from waybill_toolkit.operations.workload.show import progress_bar
from waybill_toolkit.operations.workload.tasks import Step

_COLUMN_WIDTH: Final = 13
_DIGITS: Final = 3
_SHARE_MIN: Final = 0.02


class Rounds:
    """A progress bar of the rounds of a scenario, with the current case."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=total)

    def begin(self, text: str) -> Step:
        """Show the current case; return the function to call when it is done."""
        self._progress.update(self._task, description=text)
        return lambda: self._progress.advance(self._task)


@contextmanager
def rounds_bar(console: Console, total: int) -> Iterator[Rounds]:
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console) as progress:
        yield Rounds(progress, total)


@contextmanager
def steps_bar(console: Console, text: str, total: int) -> Iterator[Step]:
    """Show the progress of a long task: a bar, or without a terminal a line for each step."""
    if console.is_terminal:
        with progress_bar(console, text, total) as step:
            yield step
        return
    numbers = count(1)
    yield lambda: typer.echo(f"{text}: {next(numbers)} of {total}", err=True)


def show_cases(console: Console, scenario: str, cases: Mapping[str, Mapping[str, Any]]) -> None:
    """Print the figures of all cases: tables of numbers, then of parts."""
    plain = {case: _numbers(figures) for case, figures in cases.items()}
    names = _union(plain.values())
    at_a_time = max(1, (console.width - max(map(len, cases), default=0) - 4) // _COLUMN_WIDTH)
    for number, columns in enumerate(_slices(names, at_a_time)):
        _table(console, scenario if number == 0 else "", plain, columns)
    for name in _union(_parts(figures) for figures in cases.values()):
        parts = {case: _parts(figures).get(name) or {} for case, figures in cases.items()}
        for columns in _slices(_worth_showing(parts), at_a_time):
            _table(console, f"{scenario}: {name}", parts, columns)


def show_figures(console: Console, title: str, figures: Mapping[str, Any]) -> None:
    """Print the numbers among the figures of one case, one below the other."""
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, value in _numbers(figures).items():
        if value is not None:
            table.add_row(name.replace("_", " "), _number(value))
    console.print(table)


def show_differences(
    console: Console, differences: Sequence[Difference], missing: Sequence[str], rounds: int
) -> None:
    """Print the changes and the number of compared figures."""
    moved = [each for each in differences if each.has_moved]
    table = Table(title="Changes", title_justify="left")
    for heading in ("case", "figure", "before", "after", "change"):
        table.add_column(heading, justify="left" if heading in {"case", "figure"} else "right")
    for each in moved:
        colour = "green" if each.is_better else "red"
        change = f"[{colour}]{each.change:+.0%}[/{colour}]"
        case = f"{each.scenario}: {each.case}"
        table.add_row(case, each.figure, _number(each.before), _number(each.after), change)
    if moved:
        console.print(table)
    console.print(
        f"{len(moved)} of {len(differences)} figures changed by more than the noise.",
        highlight=False,
    )
    if rounds < ROUNDS_MIN:
        console.print(
            f"With fewer than {ROUNDS_MIN} rounds the noise is unknown: only a difference of a "
            "quarter counts."
        )
    for case in missing:
        console.print(f"Only in one of the two: {case}", highlight=False)


def _table(
    console: Console, title: str, rows: Mapping[str, Mapping[str, Any]], columns: Sequence[str]
) -> None:
    table = Table(title=title, title_justify="left")
    table.add_column("case", no_wrap=True)
    for column in columns:
        table.add_column(column.replace("_", " "), justify="right")
    for case, figures in rows.items():
        if any(column in figures for column in columns):
            table.add_row(case, *(_number(figures.get(column)) for column in columns))
    console.print(table)


def _numbers(figures: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in figures.items()
        if name != "rounds" and not isinstance(value, Mapping)
    }


def _parts(figures: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {name: value for name, value in figures.items() if isinstance(value, Mapping)}


def _union(figures: Any) -> list[str]:  # noqa: ANN401 - any iterables of names
    return list(dict.fromkeys(name for each in figures for name in each))


def _worth_showing(parts: Mapping[str, Mapping[str, float | None]]) -> list[str]:
    """Return the parts with at least 2 % of the total in any case; the JSON has all."""
    return [
        name
        for name in _union(parts.values())
        if any(
            (part.get(name) or 0.0) >= _SHARE_MIN * sum(value or 0.0 for value in part.values())
            for part in parts.values()
            if name in part
        )
    ]


def _slices(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]


def _number(value: float | None) -> str:
    if value is None:
        return ""
    if value and abs(value) < 100:
        return f"{value:.{_DIGITS}g}"
    return f"{value:,.0f}"
