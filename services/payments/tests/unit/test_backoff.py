from datetime import timedelta

from payments.backoff import Backoff


def test_delay_doubles_until_it_is_the_longest() -> None:
    backoff = Backoff(timedelta(seconds=1), timedelta(seconds=5))
    delays = [backoff.after(attempts).total_seconds() for attempts in (1, 2, 3, 4, 1_000_000)]
    assert delays == [1, 2, 4, 5, 5]
