"""Calls of the package to a fake service."""

import json
import time
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import pytest_asyncio

from waybill_toolkit.contracts.sdk.typescript.testing import Project
from waybill_toolkit.testing.fake_http_service import Exchange, FakeHttpService

STOCK = {"sku": "A", "on_hand": 1, "reserved": 0, "committed": 0}
SLUG = "urn:waybill:problem:"


def answer(status: int, body: object, *fields: str, media: str = "application/json") -> bytes:
    text = body if isinstance(body, str) else json.dumps(body)
    head = [f"HTTP/1.1 {status} X", f"content-type: {media}", f"content-length: {len(text)}"]
    return "\r\n".join([*head, *fields, "", text]).encode()


def problem(status: int, slug: str, *fields: str) -> bytes:
    body = {"type": SLUG + slug, "title": "No", "status": status, "detail": "Not now."}
    return answer(status, body, *fields, media="application/problem+json")


class Script:
    """Answers with one thing after another; `None` cuts the connection after the request."""

    def __init__(self, *answers: bytes | None) -> None:
        self.answers = list(answers)
        self.times: list[float] = []
        """When requests came."""

    async def __call__(self, exchange: Exchange) -> None:
        await exchange.read_body()
        self.times.append(time.monotonic())
        following = self.answers.pop(0)
        if following is None:
            exchange.cut()
        else:
            await exchange.write(following)


@pytest_asyncio.fixture
async def service() -> AsyncIterator[FakeHttpService]:
    async with FakeHttpService() as service:
        yield service


async def call(
    project: Project, service: FakeHttpService, what: str, *answers: bytes | None
) -> Any:
    service.handler = Script(*answers)
    return await project.result("calls", what, service.address)


async def test_a_request_is_written_as_the_contract_says(
    project: Project, service: FakeHttpService
) -> None:
    outcome = await call(project, service, "read", answer(200, STOCK))

    assert outcome == {"value": STOCK}
    [asked] = service.asked
    assert (asked.method, asked.target) == ("GET", "/v1/stock/A%20B%2FC")
    assert asked.header("authorization") == ["Bearer secret"]
    assert asked.header("idempotency-key") == []


async def test_only_parameters_that_are_given_are_sent(
    project: Project, service: FakeHttpService
) -> None:
    page: dict[str, object] = {"items": [], "next_cursor": None}
    assert await call(project, service, "list", answer(200, page)) == {"value": page}
    assert service.asked[0].target == "/v1/orders?limit=1&status=placed"


async def test_a_post_is_repeated_with_its_key_when_the_connection_is_cut(
    project: Project, service: FakeHttpService
) -> None:
    outcome = await call(project, service, "post", None, None, answer(201, STOCK))

    assert outcome == {"value": STOCK}
    keys = [each.header("idempotency-key") for each in service.asked]
    assert len(keys) == 3
    assert keys[0] == keys[1] == keys[2]
    assert len(keys[0][0]) == 32
    assert len({each.body for each in service.asked}) == 1


async def test_a_post_waits_as_long_as_retry_after_says(
    project: Project, service: FakeHttpService
) -> None:
    busy = problem(503, "unavailable", "retry-after: 1")
    still_running = problem(409, "idempotency-key-in-use", "retry-after: 1")
    service.handler = script = Script(busy, still_running, answer(201, STOCK))
    outcome = await project.result("calls", "post", service.address)

    assert outcome == {"value": STOCK}
    assert [later - earlier > 0.95 for earlier, later in pairwise(script.times)] == [True, True]


async def test_the_error_comes_at_once_when_retry_after_is_too_long(
    project: Project, service: FakeHttpService
) -> None:
    outcome = await call(project, service, "post", problem(503, "unavailable", "retry-after: 61"))

    assert (outcome["isUnavailable"], outcome["attempts"]) == (True, 1)


async def test_the_error_has_the_key_after_the_last_retry(
    project: Project, service: FakeHttpService
) -> None:
    outcome = await call(project, service, "post", None, None, None)

    assert (outcome["error"], outcome["attempts"]) == ("NoAnswerError", 3)
    assert [outcome["idempotencyKey"]] == service.asked[0].header("idempotency-key")


async def test_a_change_with_if_match_is_sent_once(
    project: Project, service: FakeHttpService
) -> None:
    outcome = await call(project, service, "put", None)

    assert (outcome["error"], outcome["attempts"]) == ("NoAnswerError", 1)
    assert service.asked[0].header("if-match") == ['"1"']


async def test_a_refusal_is_not_repeated(project: Project, service: FakeHttpService) -> None:
    outcome = await call(project, service, "post", problem(422, "from-the-future"))

    assert (outcome["error"], outcome["problem"]["detail"]) == ("ProblemError", "Not now.")
    assert (outcome["isOurs"], outcome["attempts"]) == (True, 1)


async def test_an_unexpected_response_has_its_own_error(
    project: Project, service: FakeHttpService
) -> None:
    for strange in (
        answer(200, "<html>", media="text/html"),
        answer(200, "{"),
        answer(202, STOCK),
        answer(302, "", "location: /elsewhere"),
        answer(404, "<html>", media="text/html"),
    ):
        outcome = await call(project, service, "read", strange)
        assert outcome["error"] == "UnexpectedAnswerError"


async def test_an_answer_that_breaks_off_is_no_answer(
    project: Project, service: FakeHttpService
) -> None:
    async def break_off(exchange: Exchange) -> None:
        await exchange.write(answer(200, STOCK)[:-5])
        await exchange.finish()

    service.handler = break_off
    outcome = await project.result("calls", "read", service.address)

    assert (outcome["error"], outcome["attempts"]) == ("NoAnswerError", 3)


async def test_a_call_ends_when_the_time_is_over_or_its_signal_says_so(
    project: Project, service: FakeHttpService
) -> None:
    async def say_nothing(exchange: Exchange) -> None:
        await exchange.read_some()

    service.handler = say_nothing
    hasty = await project.result("calls", "hasty", service.address)
    aborted = await project.result("calls", "aborted", service.address)

    assert (hasty["error"], aborted["error"]) == ("NoAnswerError", "TimeoutError")


async def test_declared_headers_come_with_the_body(
    project: Project, service: FakeHttpService
) -> None:
    with_tag = await call(project, service, "headers", answer(200, {}, 'etag: "7"'))
    without = await call(project, service, "headers", answer(200, {}))

    assert with_tag == {"value": {"body": {}, "headers": {"etag": '"7"'}}}
    assert without["error"] == "UnexpectedAnswerError"
    assert "no header ETag" in without["message"]


async def test_following_ends_when_nothing_is_final_in_time(
    project: Project, service: FakeHttpService
) -> None:
    async def still_placed(exchange: Exchange) -> None:
        await exchange.write(answer(200, {"status": "placed"}))

    service.handler = still_placed
    outcome = await project.result("calls", "follow", service.address)

    assert outcome["error"] == "StillMovingError"
    assert (outcome["last"], outcome["status"]) == ({"status": "placed"}, 200)


async def test_a_refusal_for_a_reason_that_is_not_known_yet_is_still_a_refusal(
    project: Project, service: FakeHttpService
) -> None:
    rejection = {"code": "moon_phase", "detail": "Not tonight."}
    order = answer(200, {"status": "rejected", "rejection": rejection})
    outcome = await call(project, service, "follow", order)

    assert (outcome["error"], outcome["detail"]) == ("OrderRefusedError", "Not tonight.")


async def test_a_step_up_the_path_is_refused(project: Project, service: FakeHttpService) -> None:
    outcome = await call(project, service, "dots")

    assert outcome["error"] == "TypeError"
    assert service.asked == []
