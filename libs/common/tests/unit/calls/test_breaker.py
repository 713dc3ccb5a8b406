"""A service that does not answer gets one probe a second."""

from waybill.calls.breaker import FAILURES_MAX, OPEN_SECONDS, Breaker


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def _open(clock: Clock) -> Breaker:
    breaker = Breaker(clock)
    for _ in range(FAILURES_MAX):
        assert breaker.admits()
        breaker.record(has_answered=False)
    return breaker


def test_it_opens_after_failures_in_a_row_only() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    for _ in range(3):
        for _ in range(FAILURES_MAX - 1):
            breaker.record(has_answered=False)
        breaker.record(has_answered=True)

    assert breaker.admits()
    assert not _open(clock).admits()


def test_one_request_of_many_is_the_probe() -> None:
    clock = Clock()
    breaker = _open(clock)
    clock.now += OPEN_SECONDS

    assert [breaker.admits() for _ in range(50)].count(True) == 1


def test_it_closes_when_the_probe_is_answered() -> None:
    clock = Clock()
    breaker = _open(clock)
    clock.now += OPEN_SECONDS
    assert breaker.admits()
    breaker.record(has_answered=True)

    assert [breaker.admits() for _ in range(50)].count(True) == 50


def test_it_stays_open_when_the_probe_fails() -> None:
    clock = Clock()
    breaker = _open(clock)
    clock.now += OPEN_SECONDS
    assert breaker.admits()
    breaker.record(has_answered=False)

    assert not breaker.admits()
    clock.now += OPEN_SECONDS
    assert breaker.admits()


def test_a_probe_that_hangs_does_not_keep_it_open() -> None:
    clock = Clock()
    breaker = _open(clock)
    clock.now += OPEN_SECONDS
    assert breaker.admits()  # and is never answered
    clock.now += OPEN_SECONDS

    assert breaker.admits()
