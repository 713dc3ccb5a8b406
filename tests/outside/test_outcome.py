"""A program that does not do its work is noticed. These tests need none of the tools."""

from pathlib import Path

import pytest
from tests.outside.conftest import Api
from tests.outside.tools import run

PROBLEM = "problem an exception 422 urn:waybill:problem:unknown-sku"


@pytest.mark.parametrize(
    "output",
    [
        f"order 1 rejected\nlisted 1\n{PROBLEM}\n",
        f"order 1 confirmed\nlisted 2\n{PROBLEM}\n",
        f"order 1 confirmed\nlisted 1\nlisted 2\n{PROBLEM}\n",
        "order 1 confirmed\nlisted 1\n",
        "order 1 confirmed\nlisted 1\nproblem an exception 500 urn:waybill:problem:internal\n",
    ],
    ids=["not confirmed", "another one listed", "placed twice", "not refused", "another problem"],
)
def test_a_program_fails_when_it_prints_something_else(output: str, tmp_path: Path) -> None:
    api = Api("http://127.0.0.1:9", "token", tmp_path / "openapi.json")
    with pytest.raises(AssertionError, match="order 1"):
        api.place_order("tool", ["printf", output])
    assert api.presented == {}


def test_a_failure_shows_all_that_the_program_said() -> None:
    with pytest.raises(AssertionError, match=r"ended with 3\nout\nerr\n"):
        run("sh", "-c", "echo out; echo err >&2; exit 3")


def test_a_missing_program_is_named() -> None:
    with pytest.raises(AssertionError, match="no-such-tool is not installed"):
        run("no-such-tool")
