"""Schemathesis, with all of its checks, from the address of the document alone."""

import sys
from pathlib import Path
from typing import Final

from tests.outside import rows
from tests.outside.conftest import Api
from tests.outside.tools import run

CONFIG: Final = Path(__file__).with_name("schemathesis.toml")
EXAMPLE: Final = "536365"
"""The reference of the order that the document has as its example."""


def count_of_examples(api: Api) -> int:
    return len(api.get(f"/v1/orders?reference={EXAMPLE}&limit=500").json()["items"])


def test_all_checks_pass_when_schemathesis_sends_what_the_document_allows(api: Api) -> None:
    command = Path(sys.executable).with_name("schemathesis")
    token = ("--header", f"Authorization: Bearer {api.token}")
    amount = ("--max-examples", "20", "--seed", "1", "--generation-database", "none")
    what = ("run", f"{api.address}/openapi.json", "--checks", "all", *token, *amount)
    before = count_of_examples(api)

    output = run(command, "--config-file", CONFIG, *what)

    assert count_of_examples(api) > before, output
    api.presented[rows.SCHEMATHESIS] = "a declared answer, which is checked with its schema"
