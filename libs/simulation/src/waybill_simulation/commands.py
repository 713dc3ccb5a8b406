"""The command `waybill simulate`."""

import asyncio
import os
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from waybill.postgres.migrations import MigrationError
from waybill_simulation.campaign import Findings, run_campaign
from waybill_simulation.mutants import MUTANTS, find
from waybill_simulation.planting import Mutant, PlayName
from waybill_toolkit.command_line.output import AsJson, OutputFile, console_of, give
from waybill_toolkit.platform.errors import PlatformError

app = typer.Typer()

MUTANT_HISTORIES_MAX: Final = 100_000
MUTANT_SECONDS: Final = 60.0
"""The time limit for finding a planted bug."""
MUTANT_SHRINK_SECONDS: Final = 5.0

EXIT_NOT_SIMULATED: Final = 3
"""The services send SQL that is not simulated, so there is no verdict."""


_ENDED: Final = {
    PlayName.ORDERS: "orders",
    PlayName.DIVIDED_STOCK: "orders",
    PlayName.TOKENS: "authorizations",
}
"""What the statuses at the end of a history are those of."""


class _NotSimulatedError(Exception):
    """There is no verdict; the message says why."""


def _verdict(findings: Findings) -> Findings:
    if findings.not_simulated:
        raise _NotSimulatedError(findings.not_simulated)
    return findings


@app.command()
def simulate(
    *,
    histories: Annotated[int, typer.Option(min=1, help="How many histories.")] = 1000,
    play: Annotated[PlayName, typer.Option(help="What to simulate.")] = PlayName.ORDERS,
    seed: Annotated[int, typer.Option(min=0, help="The seed of the first one.")] = 0,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; one for each core.")
    ] = None,
    mutant: Annotated[str | None, typer.Option(help="Plant this bug and search for it.")] = None,
    mutants: Annotated[bool, typer.Option(help="Plant every bug, one after the other.")] = False,
    as_json: AsJson = False,
    output: OutputFile = None,
) -> None:
    """Run services, databases and broker in virtual time, with faults, from seeds.

    `--play orders` sees orders through; `--play divided-stock` does so with the stock of inventory
    in two databases; `--play tokens` refreshes, replays and revokes tokens while signing keys
    rotate. A planted bug is searched for in its own play.
    The invariants are checked at the end of each history. A history that violates them is
    minimized and printed as a sequence diagram. Exits with 1 when there is one, or when a planted
    bug is not found, and with 3 when the services use SQL that is not simulated.
    """
    count = workers or os.cpu_count() or 1
    console = console_of(as_json=as_json)
    try:
        if mutants:
            every = _find_all(console, seed, count)
            give(every, as_json=as_json, output=output)
            raise typer.Exit(0 if all(each["is_found"] for each in every.values()) else 1)
        if mutant is not None:
            findings = _find(find(mutant), seed, count)
        else:
            findings = _campaign(console, play, seed, histories, count)
    except (_NotSimulatedError, MigrationError, PlatformError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_NOT_SIMULATED) from None
    play = play if mutant is None else find(mutant).play
    _show(console, findings, play)
    give(_figures(findings, play), as_json=as_json, output=output)
    is_expected = bool(findings.failures) == (mutant is not None)
    raise typer.Exit(0 if is_expected else 1)


def _campaign(
    console: Console, play: PlayName, seed: int, histories: int, workers: int
) -> Findings:
    columns = (
        *Progress.get_default_columns()[:3],
        TextColumn("{task.fields[rate]:.0f} histories/s"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("simulating", total=histories, rate=0.0)
        findings = asyncio.run(
            run_campaign(
                seed,
                histories,
                workers=workers,
                play=play,
                on_progress=lambda findings: progress.update(
                    task, completed=findings.histories, rate=findings.per_second
                ),
            )
        )
    return _verdict(findings)


def _find(mutant: Mutant, seed: int, workers: int) -> Findings:
    campaign = run_campaign(
        seed,
        MUTANT_HISTORIES_MAX,
        workers=workers,
        play=mutant.play,
        mutant=mutant.name,
        shrink_seconds=MUTANT_SHRINK_SECONDS,
    )
    return _verdict(asyncio.run(_within(campaign)))


async def _within(campaign: "asyncio.Future[Findings] | object") -> Findings:
    try:
        async with asyncio.timeout(MUTANT_SECONDS):
            # mypy does not infer the result of the campaign.
            found: Findings = await campaign  # type: ignore[misc]
            return found
    except TimeoutError:
        return Findings()


def _find_all(console: Console, seed: int, workers: int) -> dict[str, dict[str, object]]:
    table = Table("planted bug", "histories", "seconds", "violation")
    found: dict[str, dict[str, object]] = {}
    for mutant in MUTANTS:
        findings = _find(mutant, seed, workers)
        seen = findings.failures[0]["violations"][0] if findings.failures else "NOT FOUND"
        table.add_row(mutant.name, str(findings.histories), f"{findings.seconds:.1f}", seen)
        is_found = bool(findings.failures)
        found[mutant.name] = {**_figures(findings, mutant.play), "is_found": is_found}
        console.print(f"{mutant.name}: {seen}")
    console.print(table)
    return found


def _show(console: Console, findings: Findings, play: PlayName) -> None:
    for failure in findings.failures:
        console.print(f"[bold red]seed {failure['seed']}[/]: {'; '.join(failure['violations'])}")
        console.print("minimized scenario:", failure["scenario"], soft_wrap=True)
        console.print("; ".join(failure["shrunk_violations"]), soft_wrap=True)
        console.print(f"```mermaid\n{failure['diagram']}\n```", markup=False, soft_wrap=True)
    ends = ", ".join(f"{n} {status}" for status, n in sorted(findings.statuses.items()))
    console.print(
        f"{findings.histories} histories in {findings.seconds:.1f} s"
        f" ({findings.per_second:.1f} a second, {findings.virtual_seconds:.0f} virtual seconds);"
        f" {_ENDED[play]}: {ends}; {len(findings.failures)} violated"
    )


def _figures(findings: Findings, play: PlayName) -> dict[str, object]:
    return {
        "histories": findings.histories,
        "histories_per_second": round(findings.per_second, 1),
        "seconds": round(findings.seconds, 1),
        "virtual_seconds": round(findings.virtual_seconds, 1),
        _ENDED[play]: dict(findings.statuses),
        "failures": findings.failures,
    }
