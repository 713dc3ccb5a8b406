"""`waybill person`: what it asks of the services, and what it says."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from waybill_toolkit.operations.people.person import PersonalData, find_user_id
from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.handle import Platform

ANN = UUID("019ab2d4-0001-7c1a-9a3b-5d0c6f8e2b41")
NOWHERE = Platform(Path("/nowhere"), 7400, {}, [])

Answers = Callable[[httpx.Request], httpx.Response]


def _people(answer: Answers) -> PersonalData:
    return PersonalData(httpx.Client(base_url="http://x", transport=httpx.MockTransport(answer)))


def _services(user: dict[str, str]) -> Answers:
    def answer(request: httpx.Request) -> httpx.Response:
        query = dict(request.url.params)
        if request.url.path == f"/v1/users/{ANN}":
            return httpx.Response(200, json=user)
        cursor = query.pop("cursor", None)
        item = {"path": request.url.path, **query, "page": cursor or "first"}
        return httpx.Response(
            200, json={"items": [item], "next_cursor": None if cursor else "second"}
        )

    return answer


def test_all_pages_of_all_services_are_exported() -> None:
    user = {"user_id": str(ANN), "customer_ref": "cus_1", "email": "ann@example.com"}
    found = _people(_services(user)).export(ANN)

    assert found["user"] == user
    for name, path, query in (
        ("api_keys", "/v1/api-keys", {"user_id": str(ANN)}),
        ("sessions", "/v1/sessions", {"user_id": str(ANN)}),
        ("orders", "/v1/orders", {"customer_ref": "cus_1"}),
        ("payments", "/v1/payments", {"customer_ref": "cus_1"}),
    ):
        expected = [{"path": path, **query, "page": page} for page in ("first", "second")]
        assert found[name] == expected


def test_a_member_of_staff_has_no_orders() -> None:
    found = _people(_services({"user_id": str(ANN)})).export(ANN)
    assert (found["orders"], found["payments"]) == ([], [])


def test_the_answer_of_a_service_is_the_error() -> None:
    problem = {"detail": f"There is no user {ANN}."}
    people = _people(lambda _request: httpx.Response(404, json=problem))
    for act in (people.export, people.erase):
        with pytest.raises(PlatformError, match=f"There is no user {ANN}."):
            act(ANN)


def test_an_answer_that_is_no_problem_is_named_by_its_status() -> None:
    people = _people(lambda _request: httpx.Response(502, text="bad gateway"))
    with pytest.raises(PlatformError, match=r"DELETE /v1/users/.* is answered with 502"):
        people.erase(ANN)


def test_a_platform_that_does_not_answer_is_said() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(PlatformError, match="The platform does not answer: refused"):
        _people(refuse).erase(ANN)


@pytest.mark.parametrize("person", [str(ANN), f"cus_{ANN.hex}"])
def test_a_person_is_named_by_its_ids(person: str) -> None:
    assert find_user_id(NOWHERE, person) == ANN


def test_who_is_no_user_is_refused() -> None:
    with pytest.raises(PlatformError, match="ann is no user: give a user_id"):
        find_user_id(NOWHERE, "ann")
