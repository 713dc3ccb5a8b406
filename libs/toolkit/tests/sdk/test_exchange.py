"""Retries of the Python client, and its errors after the last one.

`exchange` neither sends nor waits, so it is asked here step by step.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import ClassVar, Final

import httpx
import pytest

from waybill_toolkit.contracts.sdk.python.runtime.exchange import (
    NO_RETRIES,
    Outcome,
    Pause,
    Retries,
    Rules,
    Step,
    exchange,
)
from waybill_toolkit.contracts.sdk.python.runtime.failures import (
    NoAnswerError,
    Problem,
    UnexpectedAnswerError,
)
from waybill_toolkit.contracts.sdk.python.runtime.model import Model, headers
from waybill_toolkit.contracts.sdk.python.runtime.operation import Given, Operation, Request

URI: Final = "urn:waybill:problem:"


class Thing(Model):
    size: int


class OnlySome(Problem):
    fields: ClassVar = {"left": int}


READ: Final = Operation[Thing]("GET", "/things/{name}", {200: Thing}, is_repeatable=True)
MAKE: Final = Operation[Thing](
    "POST", "/things", {201: Thing}, is_idempotent=True, is_repeatable=True
)
CHANGE: Final = Operation[Thing]("PUT", "/things", {200: Thing})
RULES: Final = Rules(Retries(), {f"{URI}only-some": OnlySome}, frozenset({f"{URI}in-use"}))

CUT: Final = httpx.RemoteProtocolError("cut")
NEVER_SENT: Final = httpx.ConnectError("nobody listens")


def answered(status: int, body: object = None, **given: str) -> httpx.Response:
    return httpx.Response(status, json={"size": 1} if body is None else body, headers=given)


def problem(status: int, slug: str = "unavailable", **members: object) -> httpx.Response:
    document = {"type": URI + slug, "title": "T", "detail": "D", "instance": "/", "trace_id": "0"}
    return httpx.Response(status, json={**document, **members})


def carry_out(
    operation: Operation[Thing],
    outcomes: Sequence[Outcome],
    given: Given | None = None,
    rules: Rules = RULES,
) -> tuple[Thing, list[Step]]:
    """Return the result and the executed steps."""
    steps = exchange(operation, given or Given(), rules)
    left, taken = list(outcomes), [next(steps)]
    while True:
        try:
            taken.append(steps.send(left.pop(0) if isinstance(taken[-1], Request) else None))
        except StopIteration as end:
            assert not left
            return end.value, taken


def requests(steps: Sequence[Step]) -> list[Request]:
    return [each for each in steps if isinstance(each, Request)]


def pauses(steps: Sequence[Step]) -> list[float]:
    return [each.seconds for each in steps if isinstance(each, Pause)]


def test_a_repeat_carries_the_key_of_the_first_request() -> None:
    thing, steps = carry_out(MAKE, [CUT, problem(503), answered(201)])

    first, second, third = requests(steps)
    assert thing.size == 1
    assert first == second == third
    assert first.headers["Idempotency-Key"]


def test_two_calls_have_two_keys() -> None:
    keys = {
        requests(carry_out(MAKE, [answered(201)])[1])[0].headers["Idempotency-Key"]
        for _ in range(2)
    }

    assert len(keys) == 2


def test_the_callers_key_is_used() -> None:
    _, steps = carry_out(MAKE, [answered(201)], Given(idempotency_key="mine"))

    assert requests(steps)[0].headers["Idempotency-Key"] == "mine"


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


def test_a_problem_of_a_newer_version_is_a_problem_without_a_class() -> None:
    for unknown in (problem(409, "brand-new"), problem(409, "only-some", left="none")):
        with pytest.raises(Problem) as refused:
            carry_out(MAKE, [unknown])
        assert type(refused.value) is Problem
        assert refused.value.status == 409


def test_a_problem_has_the_fields_of_its_class() -> None:
    errors = [{"pointer": "/size", "code": "c", "detail": "d"}]
    with pytest.raises(OnlySome) as refused:
        carry_out(MAKE, [problem(409, "only-some", left=3, errors=errors)])

    assert vars(refused.value)["left"] == 3
    assert refused.value.errors[0].pointer == "/size"
    assert str(refused.value) == "T: D"


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"type": "about:blank"}'])
def test_an_answer_that_the_contract_does_not_know_is_reported_as_such(body: bytes) -> None:
    with pytest.raises(UnexpectedAnswerError) as refused:
        carry_out(MAKE, [httpx.Response(418, content=body)])

    assert (refused.value.status, refused.value.body) == (418, body)


def test_a_body_that_does_not_fit_is_reported_as_such() -> None:
    with pytest.raises(UnexpectedAnswerError, match="size"):
        carry_out(MAKE, [answered(201, {"length": 1})])


def test_an_answer_has_its_headers_and_may_hold_more_than_is_known() -> None:
    thing, _ = carry_out(MAKE, [answered(201, {"size": 2, "colour": "red"}, etag='"3"')])

    assert thing == Thing(size=2)
    assert hash(thing) == hash(Thing(size=2))
    assert thing != Thing(size=3)
    assert headers(thing)["ETag"] == '"3"'
    with pytest.raises(ValueError, match="not the body of a response"):
        headers(Thing(size=2))


def test_parameters_are_written_as_the_contract_wants_them() -> None:
    given = Given(
        path={"name": "a/b c"},
        query={"many": ["x", "y"], "no": None, "yes": True, "at": datetime(2026, 1, 2, tzinfo=UTC)},
        headers={"If-Match": '"1"', "If-None-Match": None},
        body={"a": None},
    )

    (sent,) = requests(carry_out(READ, [answered(200)], given)[1])

    assert sent.path == "/things/a%2Fb%20c"
    assert sent.query == (
        ("many", "x"),
        ("many", "y"),
        ("yes", "true"),
        ("at", "2026-01-02T00:00:00+00:00"),
    )
    assert sent.headers == {"If-Match": '"1"', "Content-Type": "application/json"}
    assert json.loads(sent.content or b"") == {"a": None}


NAMED: Final = Given(path={"name": "a"})
