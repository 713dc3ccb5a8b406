"""A caller that asks for many different resources of others is named in the log, once each time."""

import pytest

from waybill.http.probes import CALLERS_MAX, PROBES_MIN, WINDOW_SECONDS, ProbeWatch


class Clock:
    """A time that a test sets."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds


def named(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the callers that the log names."""
    return [str(each.args[0]) for each in caplog.records if isinstance(each.args, tuple)]


def ask(watch: ProbeWatch, caller: str, first: int, last: int) -> None:
    for number in range(first, last):
        watch.refused(caller, f"/v1/orders/{number}")


def test_caller_is_named_each_time_that_it_was_refused_many(
    caplog: pytest.LogCaptureFixture,
) -> None:
    watch = ProbeWatch()
    ask(watch, "user:1", 0, PROBES_MIN - 1)
    assert named(caplog) == []
    ask(watch, "user:2", 0, 1)
    assert named(caplog) == []
    ask(watch, "user:1", PROBES_MIN - 1, 2 * PROBES_MIN)
    assert named(caplog) == ["user:1", "user:1"]


def test_the_same_resource_counts_once(caplog: pytest.LogCaptureFixture) -> None:
    watch = ProbeWatch()
    for _ in range(2 * PROBES_MIN):
        ask(watch, "user:1", 0, PROBES_MIN - 1)
    assert named(caplog) == []


def test_a_window_ends(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    watch = ProbeWatch(clock.now)
    ask(watch, "user:1", 0, PROBES_MIN - 1)
    clock.seconds = WINDOW_SECONDS
    ask(watch, "user:1", PROBES_MIN, 2 * PROBES_MIN - 1)
    assert named(caplog) == []


def test_the_oldest_window_makes_room(caplog: pytest.LogCaptureFixture) -> None:
    watch = ProbeWatch()
    ask(watch, "user:1", 0, PROBES_MIN - 1)
    for number in range(CALLERS_MAX):
        ask(watch, f"user:of many {number}", 0, 1)
    ask(watch, "user:1", PROBES_MIN - 1, PROBES_MIN)
    assert named(caplog) == []
    ask(watch, "user:of many 999", 1, PROBES_MIN)
    assert named(caplog) == ["user:of many 999"]
