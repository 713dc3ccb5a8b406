"""The result of an import: counts, sums, and what was not placed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from waybill_toolkit.operations.audit import Report
from waybill_toolkit.operations.order_import.findings import Findings, Sum
from waybill_toolkit.operations.workload.show import LISTED_MAX, say, say_more, show_audit

LISTED_IN_JSON_MAX: Final = 1_000  # the file of failed orders has all

_NAMES: Final = {
    "confirmed": "confirmed",
    "out_of_stock": "rejected_out_of_stock",
    "payment_declined": "rejected_payment",
    "timed_out": "rejected_timed_out",
    "cancelled": "cancelled",
    "in_flight": "in_flight",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """An invalid row, or an order that was refused at `line_number`."""

    line_number: int
    order_ref: str
    reason: str


@dataclass(frozen=True, slots=True)
class Result:
    """What became of the orders of a file."""

    form: str
    counts: dict[str, int]
    sums: Sequence[Sum]
    broken_rows: Sequence[Failure]
    refusals: Sequence[Failure]
    failed_file: Path | None
    report: Report | None

    @classmethod
    def of(
        cls, findings: Findings, form: str, failed_file: Path | None, report: Report | None
    ) -> "Result":
        """Read the result from the findings; the lists have only the first failures."""
        invalid_count, invalid = _first(Failure(*row) for row in findings.invalid_rows())
        refused_count, refused = _first(
            Failure(line_number, order_ref, reason)
            for order_ref, line_number, reason in findings.failed_orders()
        )
        counts = {**_counts(findings), "refused": refused_count, "invalid_rows": invalid_count}
        return cls(form, counts, findings.sums(), invalid, refused, failed_file, report)

    @property
    def is_ok(self) -> bool:
        """Whether all orders of the file are placed and final, and the audit passed."""
        failed = ("not_placed", "in_flight", "invalid_rows")
        return not any(self.counts[name] for name in failed) and not (
            self.report and not self.report.is_ok
        )

    def to_json(self) -> dict[str, Any]:
        """Return the output of --json."""
        audited = {}
        if self.report:
            broken = [finding.invariant.name for finding in self.report.broken]
            audited = {"audit_ok": self.report.is_ok, "audit_broken": broken}
        return {
            "form": self.form,
            **self.counts,
            "sums": [asdict(each) for each in self.sums],
            **audited,
            "broken_rows": [asdict(each) for each in self.broken_rows],
            "refusals": [asdict(each) for each in self.refusals],
            "failed_file": str(self.failed_file) if self.failed_file else None,
        }

    def show(self, console: Console) -> None:
        """Print the result."""
        _show_counts(console, self.counts)
        _show_sums(console, self.sums)
        for row in self.broken_rows[:LISTED_MAX]:
            spoiled = f" Order {row.order_ref} is not placed." if row.order_ref else ""
            say(console, f"Line {row.line_number} is invalid: {row.reason}.{spoiled}")
        say_more(console, self.counts["invalid_rows"])
        for order in self.refusals[:LISTED_MAX]:
            say(console, f"Line {order.line_number}: order {order.order_ref}: {order.reason}.")
        say_more(console, self.counts["refused"])
        if self.failed_file:
            say(
                console,
                f"Orders that were not placed: {self.counts['not_placed']}. Their rows are in "
                f"{self.failed_file}, with the reasons: mend and import it.",
            )
        if self.report:
            show_audit(console, self.report)


def _first(failures: Any) -> tuple[int, list[Failure]]:  # noqa: ANN401
    listed = list(islice(failures, LISTED_IN_JSON_MAX))
    return len(listed) + sum(1 for _ in failures), listed


def _counts(findings: Findings) -> dict[str, int]:
    counts = dict.fromkeys(["placed", "already_there", *_NAMES.values(), "not_placed"], 0)
    for (state, is_new), count in findings.counts().items():
        if state in ("failed", "open"):
            counts["not_placed"] += count
        elif state in _NAMES:
            counts["placed" if is_new else "already_there"] += count
            counts[_NAMES[state]] += count
    return counts


def _show_counts(console: Console, counts: dict[str, int]) -> None:
    table = Table(title="Orders", title_justify="left")
    table.add_column("")
    table.add_column("count", justify="right")
    always = ("placed", "confirmed", "in_flight")
    texts = {
        "placed": "placed",
        "already_there": "already placed",
        "confirmed": "confirmed",
        "rejected_out_of_stock": "out of stock",
        "rejected_payment": "declined",
        "rejected_timed_out": "timed out",
        "cancelled": "cancelled",
        "not_placed": "not placed",
        "in_flight": "in progress",
    }
    for name, text in texts.items():
        if counts[name] or name in always:
            table.add_row(text, str(counts[name]))
    console.print(table)


def _show_sums(console: Console, sums: Sequence[Sum]) -> None:
    table = Table(title="Amounts, in the smallest unit", title_justify="left")
    for heading in ("", "in the file", "placed", "difference"):
        table.add_column(heading, justify="right" if heading else "left")
    for each in sums:
        amounts = (each.in_file, each.placed, each.in_file - each.placed)
        table.add_row(each.currency, *(f"{amount:,}" for amount in amounts))
    console.print(table)
