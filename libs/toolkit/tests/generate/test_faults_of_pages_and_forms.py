"""A contract with forms or pages that cannot be served is refused, with what to do."""

import re
import shutil
from pathlib import Path

import pytest

from waybill_toolkit.contracts.generate.faults import ContractError
from waybill_toolkit.contracts.repository import Repository

CONTRACTS = Path(__file__).with_name("browser") / "contracts"

FAULTS = [
    (
        "two media types",
        "{application/x-www-form-urlencoded: {schema",
        "{application/json: {}, application/x-www-form-urlencoded: {schema",
        "a body has one media type here, not 2",
    ),
    (
        "an unknown media type",
        "{application/x-www-form-urlencoded: {schema",
        "{multipart/form-data: {schema",
        "multipart/form-data is not served; use one of",
    ),
    (
        "a page that is no text",
        "'200': {description: The form again., content: *html}",
        "'200': {description: The form again., content: {text/html: {schema: {type: object}}}}",
        "the body of text/html is text",
    ),
    ("another redirect", "'303': *on", "'307': *on", "307 is not served; 303 leads"),
    (
        "a redirect to nowhere",
        "Location: {required: true, schema: {type: string}}",
        "Location: {schema: {type: string}}",
        "a redirect has the required header Location and no content",
    ),
    (
        "two schemes",
        "[{client: []}, {}]",
        "[{client: []}, {oauth2: ['club:read']}]",
        "alternatives and combinations of schemes are not served",
    ),
    (
        "two schemes together",
        "[{client: []}, {}]",
        "[{client: [], oauth2: ['club:read']}]",
        "alternatives and combinations of schemes are not served",
    ),
    (
        "an optional token",
        "[{oauth2: ['club:read']}]",
        "[{oauth2: ['club:read']}, {}]",
        "a token cannot be optional",
    ),
    ("an undeclared scheme", "[{client: []}, {}]", "[{key: []}]", "key is not declared"),
    (
        "an unknown form of errors",
        "x-errors: oauth",
        "x-errors: xml",
        "problems are sent as one of",
    ),
    (
        "problems in another form",
        "content: &html {text/html: {schema: {type: string}}}}",
        "content: &html {text/plain: {schema: {type: string}}}}",
        "the content of an error is text/html here",
    ),
    (
        "a status that OAuth lacks",
        "'400':\n          description: The request is wrong.\n          x-problems:",
        "'422':\n          description: The request is wrong.\n          x-problems:",
        "has status 400, not 422",
    ),
    (
        "no credentials",
        "x-problems: [unauthenticated, invalid-client]",
        "x-problems: [invalid-client]",
        "the runtime can answer unauthenticated here",
    ),
    (
        "a stream of a command",
        "  /v1/news:\n    get:",
        "  /v1/news:\n    delete:",
        "a stream is the answer to a GET",
    ),
    (
        "a way to handle parameters",
        "x-errors: oauth",
        "x-errors: oauth\n      x-unknown-parameters: no",
        "unless this is ignore",
    ),
]


@pytest.mark.parametrize(
    ("old", "new", "message"), [each[1:] for each in FAULTS], ids=[each[0] for each in FAULTS]
)
def test_fault_says_what_to_do_when_a_contract_has(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    shutil.copytree(CONTRACTS, tmp_path / "contracts")
    path = tmp_path / "contracts" / "club" / "openapi.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))

    with pytest.raises(ContractError, match=re.escape(message)):
        Repository(tmp_path).generate(["club"])


def test_unknown_query_parameter_is_ignored_when_the_contract_says_so(tmp_path: Path) -> None:
    shutil.copytree(CONTRACTS, tmp_path / "contracts")
    path = tmp_path / "contracts" / "club" / "openapi.yaml"
    ignoring = "x-errors: html\n      x-unknown-parameters: ignore\n      parameters:"
    path.write_text(path.read_text().replace("x-errors: html\n      parameters:", ignoring))

    files = Repository(tmp_path).generate(["club"])

    (text,) = (text for each, text in files.items() if each.name == "api.py")
    assert "ignores_unknown=True" in text
