"""Every alert has a fault that makes it fire, and every fault an alert."""

from collections.abc import Iterable

from tests.alerts.faults import FAULTS
from tests.alerts.monitoring import Alert, declared


def unseen(alerts: Iterable[Alert], faults: Iterable[str]) -> list[str]:
    """Return the alerts that no test has seen firing, and the faults of no alert."""
    return sorted({each.name for each in alerts} ^ set(faults))


def test_every_alert_has_a_fault() -> None:
    assert unseen(declared(), FAULTS) == []


def test_an_alert_without_a_fault_and_a_fault_without_an_alert_are_found() -> None:
    assert unseen([*declared(), Alert("WaybillTooQuiet", "page")], FAULTS) == ["WaybillTooQuiet"]
    assert unseen(declared(), [*FAULTS, "WaybillRenamed"]) == ["WaybillRenamed"]
