"""What the Python client makes of requests and answers, step by step."""

import json
from datetime import UTC, datetime

import httpx
import pytest

from waybill_toolkit.contracts.sdk.python.runtime.failures import Problem, UnexpectedAnswerError
from waybill_toolkit.contracts.sdk.python.runtime.model import headers, response
from waybill_toolkit.contracts.sdk.python.runtime.operation import Given
from waybill_toolkit.contracts.sdk.python.testing import (
    MAKE,
    READ,
    OnlySome,
    Thing,
    answered,
    carry_out,
    problem,
    requests,
)


def test_two_calls_have_two_keys() -> None:
    keys = {
        requests(carry_out(MAKE, [answered(201)])[1])[0].headers["Idempotency-Key"]
        for _ in range(2)
    }

    assert len(keys) == 2


def test_the_callers_key_is_used() -> None:
    _, steps = carry_out(MAKE, [answered(201)], Given(idempotency_key="mine"))

    assert requests(steps)[0].headers["Idempotency-Key"] == "mine"


def test_a_problem_of_a_newer_version_is_a_problem_without_a_class() -> None:
    for unknown in (problem(409, "brand-new", new=1), problem(409, "only-some", left="none")):
        with pytest.raises(Problem) as refused:
            carry_out(MAKE, [unknown])
        assert type(refused.value) is Problem
        assert refused.value.status == 409
        assert refused.value.document == unknown.json()


def test_a_problem_has_the_fields_of_its_class() -> None:
    errors = [{"pointer": "/size", "code": "c", "detail": "d"}]
    with pytest.raises(OnlySome) as refused:
        carry_out(MAKE, [problem(409, "only-some", left=3, errors=errors)])

    assert vars(refused.value)["left"] == 3
    assert refused.value.errors[0].pointer == "/size"
    assert refused.value.reason == "T: D"


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"type": 5}', b"\xff"])
def test_an_answer_that_the_contract_does_not_know_is_reported_as_such(body: bytes) -> None:
    with pytest.raises(UnexpectedAnswerError) as refused:
        carry_out(MAKE, [httpx.Response(418, content=body)])

    assert (refused.value.status, refused.value.body) == (418, body)


def test_a_success_that_the_contract_does_not_know_is_no_problem() -> None:
    with pytest.raises(UnexpectedAnswerError):
        carry_out(MAKE, [problem(202)])


def test_a_body_that_does_not_fit_is_reported_as_such() -> None:
    with pytest.raises(UnexpectedAnswerError, match="size"):
        carry_out(MAKE, [answered(201, {"length": 1})])


def test_an_answer_has_its_status_its_headers_and_its_body() -> None:
    thing, _ = carry_out(MAKE, [answered(201, {"size": 2}, etag='"3"')])

    assert thing == Thing(size=2)
    assert hash(thing) == hash(Thing(size=2))
    assert thing != Thing(size=3)
    assert headers(thing)["ETag"] == '"3"'
    assert (response(thing).status, response(thing).body) == (201, b'{"size":2}')
    with pytest.raises(ValueError, match="not the body of a response"):
        response(Thing(size=2))


def test_unknown_fields_of_an_answer_are_kept_and_not_sent_back() -> None:
    thing, _ = carry_out(MAKE, [answered(201, {"size": 2, "colour": {"red": 1}})])

    assert thing.model_extra == {"colour": {"red": 1}}
    assert thing.model_dump() == {"size": 2, "colour": {"red": 1}}
    assert thing != Thing(size=2)
    (sent,) = requests(carry_out(MAKE, [answered(201)], Given(body=thing))[1])
    assert sent.content == b'{"size":2}'


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
    assert dict(sent.headers) == {"if-match": '"1"', "content-type": "application/json"}
    assert json.loads(sent.content or b"") == {"a": None}
