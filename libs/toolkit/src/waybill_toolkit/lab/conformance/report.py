"""The console output of a run."""

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from waybill_toolkit.lab.conformance.run import Run
from waybill_toolkit.lab.conformance.trial import PHASES, Verdict


def show_verdict(console: Console, verdict: Verdict) -> None:
    """Print the result of one service."""
    count = len(verdict.failures) + len(verdict.errors)
    word = "no failures" if verdict.is_ok else f"{count} failures"
    console.print(f"{verdict.service}: {verdict.cases.total()} cases, {word}")


def show_answers(console: Console, verdict: Verdict) -> None:
    """Print how a service has answered one person."""
    answers = ", ".join(f"{count} {status}" for status, count in sorted(verdict.answers.items()))
    count = len(verdict.failures) + len(verdict.errors)
    console.print(f"{verdict.service}: {answers or 'no answers'}; {count} failures")


def show_run(console: Console, run: Run) -> None:
    """Print all failures, then the table."""
    for verdict in run.verdicts:
        for text in (*verdict.failures, *verdict.errors):
            console.rule(f"{verdict.service}")
            console.print(escape(text))
    for service, found in run.self_checks.items():
        for violation in found.violations:
            console.print(f"{service} reported a violation: {escape(violation)}")
    for finding in run.audit.broken:
        console.print(f"The audit failed: {escape(str(finding))}")
    console.print(_table(run))
    answers = sum(each.checks.get("answer", 0) for each in run.self_checks.values())
    events = sum(each.checks.get("event", 0) for each in run.self_checks.values())
    for exclusion, count in run.exclusions.used.most_common():
        console.print(
            f"Excluded from {exclusion.check}, {count} times:"
            f" {', '.join(exclusion.problems)}. {escape(exclusion.because)}"
        )
    console.print(
        f"The services checked {answers} responses and {events} sent events themselves;"
        f" the audit found {len(run.audit.broken)} faults."
    )


def _table(run: Run) -> Table:
    table = Table("service", "ops", *PHASES, "cases", "failures", box=SIMPLE, show_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for verdict in run.verdicts:
        phases = [str(verdict.cases[phase]) for phase in PHASES]
        failures = len(verdict.failures) + len(verdict.errors)
        table.add_row(
            verdict.service,
            str(verdict.operations),
            *phases,
            str(verdict.cases.total()),
            str(failures),
        )
    table.add_section()
    failures = sum(len(each.failures) + len(each.errors) for each in run.verdicts)
    phases = [str(sum(each.cases[phase] for each in run.verdicts)) for phase in PHASES]
    operations = sum(each.operations for each in run.verdicts)
    table.add_row("all", str(operations), *phases, str(run.cases), str(failures))
    return table
