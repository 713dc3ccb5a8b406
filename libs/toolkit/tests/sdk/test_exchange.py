"""Retries of the Python client, step by step."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from waybill_toolkit.contracts.sdk.python.runtime.exchange import Rules
from waybill_toolkit.contracts.sdk.python.runtime.failures import (
    NoAnswerError,
    Problem,
)
from waybill_toolkit.contracts.sdk.python.runtime.operation import Given
from waybill_toolkit.contracts.sdk.python.runtime.options import (
    NO_RETRIES,
    Attempt,
    CallOptions,
    Retries,
)
from waybill_toolkit.contracts.sdk.python.testing import (
    CHANGE,
    CUT,
    MAKE,
    NAMED,
    NEVER_SENT,
    READ,
    answered,
    carry_out,
    pauses,
    problem,
    requests,
)


def test_a_repeat_carries_the_key_of_the_first_request() -> None:
    thing, steps = carry_out(MAKE, [CUT, problem(503), answered(201)])

    first, second, third = requests(steps)
    assert thing.size == 1
    assert first == second == third
    assert first.headers["Idempotency-Key"]


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
def test_temporary_response_is_retried_whichever_server_sent_it(status: int) -> None:
    page = httpx.Response(status, html="<h1>a proxy</h1>")

    thing, steps = carry_out(READ, [page, answered(200)], Given(path={"name": "a"}))

    assert thing.size == 1
    assert len(requests(steps)) == 2


def test_a_key_that_is_in_use_is_tried_again() -> None:
    thing, _ = carry_out(MAKE, [CUT, problem(409, "in-use"), answered(201)])

    assert thing.size == 1


def test_what_can_not_be_repeated_is_sent_once() -> None:
    with pytest.raises(NoAnswerError) as refused:
        carry_out(CHANGE, [CUT])
    assert refused.value.__cause__ is CUT
    with pytest.raises(Problem):
        carry_out(CHANGE, [problem(503)])


def test_what_was_never_sent_is_sent_again_whatever_it_is() -> None:
    thing, steps = carry_out(CHANGE, [NEVER_SENT, answered(200)])

    assert thing.size == 1
    assert len(requests(steps)) == 2


def test_an_error_without_a_response_has_the_key() -> None:
    with pytest.raises(NoAnswerError) as failed:
        carry_out(MAKE, [CUT] * 5, Given(idempotency_key="mine"))

    assert failed.value.idempotency_key == "mine"


def test_retry_after_is_waited_for() -> None:
    waits = problem(503)
    waits.headers["Retry-After"] = "7"

    assert pauses(carry_out(MAKE, [waits, answered(201)])[1]) == [7.0]


def test_retry_after_can_be_a_date() -> None:
    waits = problem(503)
    then = datetime.now(UTC) + timedelta(seconds=20)  # noqa: TID251 (the client has no other)
    waits.headers["Retry-After"] = format_datetime(then)

    (seconds,) = pauses(carry_out(MAKE, [waits, answered(201)])[1])

    assert 15 < seconds <= 20


def test_a_retry_after_that_is_too_long_is_left_to_the_caller() -> None:
    waits = problem(503)
    waits.headers["Retry-After"] = "3600"

    with pytest.raises(Problem) as refused:
        carry_out(MAKE, [waits])

    assert refused.value.retry_after_seconds == 3600


def test_pauses_grow_and_end() -> None:
    retries = Retries(attempts_max=4, delay_seconds=1, delay_seconds_max=3)
    rules = Rules(retries, {}, frozenset())

    waited = pauses(carry_out(READ, [CUT] * 3 + [answered(200)], NAMED, rules)[1])

    assert [1 <= waited[0] <= 2, 1.5 <= waited[1] <= 3, 1.5 <= waited[2] <= 3] == [True] * 3


@pytest.mark.parametrize(("retries", "attempts"), [(Retries(), 5), (NO_RETRIES, 1)])
def test_it_gives_up_after_so_many_attempts(retries: Retries, attempts: int) -> None:
    with pytest.raises(Problem):
        carry_out(READ, [problem(503)] * attempts, NAMED, Rules(retries, {}, frozenset()))


def test_a_call_can_have_its_own_retries_timeout_and_headers() -> None:
    own = CallOptions(3.0, Retries(attempts_max=2), {"X-Own": "1", "idempotency-key": "mine"})

    with pytest.raises(NoAnswerError) as failed:
        carry_out(MAKE, [CUT] * 2, Given(options=own))
    (sent,) = requests(carry_out(MAKE, [answered(201)], Given(options=own))[1])

    assert (failed.value.attempts, failed.value.idempotency_key) == (2, "mine")
    assert sent.timeout_seconds == 3.0
    assert sorted(sent.headers.multi_items()) == [("idempotency-key", "mine"), ("x-own", "1")]


def test_each_attempt_is_reported() -> None:
    seen: list[Attempt] = []
    busy = problem(503)
    busy.headers["X-Trace-Id"] = "abc"
    rules = Rules(Retries(), {}, frozenset(), seen.append)

    carry_out(READ, [CUT, busy, answered(200)], Given(path={"name": "a"}, query={"q": "s"}), rules)

    assert [(each.number, each.status, each.trace_id) for each in seen] == [
        *((1, None, None), (2, 503, "abc"), (3, 200, None)),
    ]
    assert {(each.method, each.path) for each in seen} == {("GET", "/things/a")}
    assert "RemoteProtocolError" in str(seen[0].error)
    assert all(0 <= each.duration_seconds < 1 for each in seen)


def test_an_error_of_the_hook_does_not_lose_the_answer() -> None:
    def fail(_: Attempt) -> None:
        raise RuntimeError("the hook is broken")

    thing, _ = carry_out(MAKE, [answered(201)], rules=Rules(Retries(), {}, frozenset(), fail))

    assert thing.size == 1
