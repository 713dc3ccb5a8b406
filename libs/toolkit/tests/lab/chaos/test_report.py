"""The report of a campaign."""

from pathlib import Path
from xml.etree import ElementTree as ET

from waybill_toolkit.lab.chaos.event import Event
from waybill_toolkit.lab.chaos.history import Attempt
from waybill_toolkit.lab.chaos.recovery import by_kind, recovery
from waybill_toolkit.lab.chaos.report import write_report
from waybill_toolkit.lab.chaos.result import Result
from waybill_toolkit.lab.chaos.schedule import Fault, Kind
from waybill_toolkit.lab.chaos.system import Books
from waybill_toolkit.lab.chaos.verdict import Breach, Violation
from waybill_toolkit.operations.audit import Moving, Report
from waybill_toolkit.operations.workload.client import APPROVED, Line, WantedOrder


def attempt(began: float, ended: float | None, status: str = "confirmed") -> Attempt:
    wanted = WantedOrder(f"r-{began}", "client", "GBP", [Line("CUP", 1)], APPROVED)
    return Attempt(wanted, began, ["id"], accepted=began + 0.1, ended=ended, status=status)


def event(began: float, ended: float, kind: Kind = Kind.KILL, missed: str = "") -> Event:
    return Event(Fault(1, began, kind, "postgres", 0.0), began, ended, missed=missed)


def result(*violations: Violation) -> Result:
    return Result(
        seed=1,
        seconds=20.0,
        attempts=[attempt(1, 1.5), attempt(9, 14), attempt(12, 13), attempt(15, None)],
        events=[event(10, 10), event(11, 12, Kind.CUT, missed="the link was bad already")],
        server_errors=0,
        violations=violations,
        books=Books([], 0, 0, Report([], Moving(0, 0, 0, 0))),
        is_ready=True,
    )


def test_recovery_is_measured_from_the_first_order_after_and_the_last_one_before() -> None:
    found = recovery(event(10, 10), result().attempts)

    assert found.flows_again_seconds == 3.0
    assert found.caught_up_seconds == 4.0


def test_a_fault_that_hit_nothing_is_left_out_when_recoveries_are_summed_up() -> None:
    assert list(by_kind(result().events, result().attempts)) == ["kill: postgres"]


def test_report_shows_its_picture_and_what_contradicts(tmp_path: Path) -> None:
    lost = Violation(Breach.LOST, "client", "r-1", "id")
    path = tmp_path / "report.md"

    write_report(path, result(lost))

    text = path.read_text()
    assert "BROKEN" in text
    assert "r-1 (client): an acknowledged order does not exist: id" in text
    assert "](report.svg)" in text
    picture = ET.parse(tmp_path / "report.svg")  # noqa: S314 - our own file
    assert picture.getroot().tag.endswith("svg")
