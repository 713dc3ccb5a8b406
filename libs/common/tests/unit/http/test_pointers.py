from typing import Annotated, Any, Literal

import orjson
import pytest
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from waybill.http.pointers import faults_in


class Card(BaseModel):
    kind: Literal["card"]
    card: int


class Nested(BaseModel):
    kind: Literal["nested"]
    card: "Payment"


Payment = Annotated[Card | Nested, Field(discriminator="kind")]
Nested.model_rebuild()


class Plain(BaseModel):
    name: str


@pytest.mark.parametrize(
    ("kind", "document", "pointers"),
    [
        (Payment, {"kind": "card", "card": "x"}, ["/card"]),
        (Payment, {"kind": "card"}, ["/card"]),
        (Payment, {"kind": "nested", "card": {"kind": "card"}}, ["/card/card"]),
        (Payment, {"kind": "nested", "card": {"kind": "card", "card": "x"}}, ["/card/card"]),
        (Payment, {"kind": "other"}, [""]),
        (Plain | int, {}, ["/name", ""]),
        (Plain | int, {"Plain": 1}, ["/name", ""]),
        (list[Plain | None], [{"name": 1}], ["/0/name"]),
        (dict[Annotated[str, Field(max_length=1)], int], {"ab": "x"}, ["/ab", "/ab"]),
        (int, "x", [""]),
    ],
    ids=repr,
)
def test_pointer_names_the_place_in_the_document_only(
    kind: Any, document: Any, pointers: list[str]
) -> None:
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(kind).validate_json(orjson.dumps(document))
    assert [each.pointer for each in faults_in(raised.value, document)] == pointers
