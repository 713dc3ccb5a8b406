"""The description of an error that a dead letter stores."""

import asyncpg
import pytest
from pydantic import BaseModel, ValidationError

from waybill.receiving.dead_letters import ERROR_LENGTH_MAX, describe


class Card(BaseModel):
    number: int


def test_the_values_of_a_row_are_left_out() -> None:
    error = asyncpg.UniqueViolationError("duplicate key value violates unique constraint")
    error.detail = "Key (card)=(4000056655665556) already exists."
    text = describe(error)
    assert text == "UniqueViolationError: duplicate key value violates unique constraint"


def test_the_values_of_a_payload_are_left_out() -> None:
    with pytest.raises(ValidationError) as raised:
        Card.model_validate({"number": "4000 0566 5566 5556"})
    assert describe(raised.value) == "ValidationError: 1 fault(s): /number: int_parsing"


def test_an_error_is_shortened_and_made_valid_text_for_postgresql() -> None:
    text = describe(ValueError("\0\ud800" + "x" * 10_000))
    assert len(text) == ERROR_LENGTH_MAX
    text.encode()
    assert "\0" not in text
