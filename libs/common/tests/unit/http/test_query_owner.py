"""The owner of a caller fills the query parameter of a list, in the parameter's type."""

from typing import Any
from uuid import UUID

import pytest

from waybill.http.access import Principal
from waybill.http.contract import Operation, OwnerRule, Parameter
from waybill.http.ownership import OwnerGuard
from waybill.http.problems import Forbidden, ProblemError
from waybill.scalars import UUID as PLAIN_UUID

USER = "37b75ff7-a15b-5a42-839f-583302160ff6"


def guard(kind: Any) -> OwnerGuard:
    return OwnerGuard(
        Operation(
            id="list_sessions",
            method="GET",
            path="/v1/sessions",
            answers=(),
            scopes=(),
            owner=OwnerRule(field="user_id", everybody="identity:any", place="query"),
            parameters=(Parameter(name="user_id", place="query", argument="user_id", type=kind),),
        )
    )


@pytest.mark.parametrize(("kind", "expected"), [(PLAIN_UUID, UUID(USER)), (str, USER)])
def test_the_callers_own_id_is_filled_in_when_none_is_given(kind: Any, expected: object) -> None:
    owners = guard(kind)
    arguments: dict[str, Any] = {"user_id": None}

    owners.narrow(arguments, owners.owner_for(Principal("u", (), {"user_id": USER})), "u")

    assert arguments == {"user_id": expected}


def test_a_caller_is_refused_when_its_id_has_another_form() -> None:
    owners = guard(PLAIN_UUID)
    other = owners.owner_for(Principal("u", (), {"user_id": "alice"}))

    with pytest.raises(ProblemError) as refused:
        owners.narrow({"user_id": None}, other, "u")

    assert isinstance(refused.value.problem, Forbidden)
