import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel

from waybill.http.problems import (
    RUNTIME_PROBLEMS,
    FieldError,
    InvalidBody,
    MethodNotAllowed,
    Problem,
    Unavailable,
)


class Money(BaseModel):
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TooDear(Problem):
    status: ClassVar[int] = 422
    slug: ClassVar[str] = "too-dear"
    title: ClassVar[str] = "It costs more than that"
    price: Money
    order_id: UUID
    until: datetime


def test_problem_is_rendered_with_its_typed_fields() -> None:
    order_id = UUID(int=7)
    problem = TooDear(
        detail="No.",
        price=Money(amount_minor=100, currency="GBP"),
        order_id=order_id,
        until=datetime(2026, 1, 1, tzinfo=UTC),
    )
    assert json.loads(problem.render(instance="/v1/orders", trace_id="t")) == {
        "type": "urn:waybill:problem:too-dear",
        "title": "It costs more than that",
        "status": 422,
        "detail": "No.",
        "instance": "/v1/orders",
        "trace_id": "t",
        "price": {"amount_minor": 100, "currency": "GBP"},
        "order_id": str(order_id),
        "until": "2026-01-01T00:00:00Z",
    }
    assert list(problem.headers()) == []


def test_header_of_a_problem_stays_out_of_its_body() -> None:
    problem = MethodNotAllowed(detail="No.", allow="GET, HEAD")
    assert list(problem.headers()) == [("Allow", "GET, HEAD")]
    assert "allow" not in json.loads(problem.render(instance="/", trace_id="t"))
    assert list(Unavailable(detail="Away.").headers()) == [("Retry-After", "1")]


def test_faults_are_rendered_as_errors() -> None:
    problem = InvalidBody(detail="", errors=(FieldError(pointer="/a", code="c", detail="d"),))
    rendered = json.loads(problem.render(instance="/", trace_id="t"))
    assert rendered["errors"] == [{"pointer": "/a", "code": "c", "detail": "d"}]


def test_problems_of_the_runtime_have_one_slug_each() -> None:
    assert len({problem.slug for problem in RUNTIME_PROBLEMS}) == len(RUNTIME_PROBLEMS)
