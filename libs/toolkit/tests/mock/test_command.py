"""The command `waybill mock`."""

import json
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from waybill_toolkit.cli import build
from waybill_toolkit.contracts.mock.access import access_of
from waybill_toolkit.contracts.mock.service import mock_of
from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.new.listings import listed
from waybill_toolkit.new.names import Names
from waybill_toolkit.new.templates import files_of
from waybill_toolkit.testing.bad_input import good_request
from waybill_toolkit.testing.contract_check import Contract
from waybill_toolkit.testing.serving import serving

TREE = Path(__file__).parents[1] / "contracts" / "tree"
REPOSITORY = Path(__file__).parents[4]
ID = "019ab2d4-6f3e-7c1a-9a3b-5d0c6f8e2b41"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """Contracts of services without code."""
    shutil.copytree(TREE / "contracts", tmp_path / "contracts")
    monkeypatch.chdir(tmp_path)
    return Repository(tmp_path)


def _mock(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(build(), ["mock", *arguments])
    return result.exit_code, result.output


def test_a_contract_alone_is_served_until_the_command_is_interrupted(tree: Repository) -> None:
    command = [sys.executable, "-c", "from waybill_toolkit.cli import main; main()"]
    arguments = ["mock", "shop", "--port", "0", "--access", "open"]
    with subprocess.Popen(
        [*command, *arguments], cwd=tree.root, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        address = process.stdout.readline().split()[4]
        with urllib.request.urlopen(f"{address}/v1/sales/{ID}") as answer:  # noqa: S310 - ours
            sale = json.load(answer)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0

    assert sale["price"] == {"amount_minor": 255, "currency": "GBP"}


async def test_a_service_just_begun_has_a_mock(tmp_path: Path) -> None:
    tree = Repository(tmp_path)
    shutil.copytree(REPOSITORY / "contracts", tree.root / "contracts")
    names = Names.of("loyalty", "award", None)
    files = {**files_of(names), **listed(REPOSITORY, names)}
    for path in (path for path in files if path.parts[0] == "contracts"):
        (tree.root / path).parent.mkdir(parents=True, exist_ok=True)
        (tree.root / path).write_text(files[path], encoding="utf-8")

    with serving(mock_of(tree, "loyalty", access_of("open"))) as address:
        async with httpx.AsyncClient(base_url=address) as client:
            contract = Contract((await client.get("/openapi.json")).json())
        examples = tree.root / "contracts" / "loyalty" / "examples"
        async with contract.client(base_url=address) as client:
            for operation in contract.operations:
                good = good_request(contract, operation, examples)
                answer = await client.request(
                    good.method, good.path, headers=dict(good.headers), content=good.content
                )
                assert answer.is_success


def test_an_unknown_service_is_refused_with_those_there_are(tree: Repository) -> None:
    assert _mock("shoes") == (
        2,
        "no contract for shoes; choose one of mail, shop, stock, gateway.\n",
    )


def test_a_port_in_use_is_reported_in_a_sentence(tree: Repository) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        code, output = _mock("shop", "--port", str(port))

    assert code == 1
    assert output == (
        f"Port {port} is in use; choose another one with --port, or 0 for a free one.\n"
    )


def test_a_faulty_contract_is_reported_with_file_and_line(tree: Repository) -> None:
    path = tree.root / "contracts/shop/openapi.yaml"
    path.write_text(path.read_text().replace("operationId: sell", "operationId: yield"))

    code, output = _mock("shop")

    assert code == 1
    assert output.startswith("contracts/shop/openapi.yaml:")
    assert "'yield' is a keyword of Python" in output


def test_a_faulty_contract_of_a_service_that_it_does_not_call_is_no_hindrance(
    tree: Repository,
) -> None:
    path = tree.root / "contracts/mail/openapi.yaml"
    path.write_text(path.read_text().replace("operationId: list_letters", "operationId: yield"))

    assert mock_of(tree, "shop", access_of("open")).title == "shop"


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("valid-sold.json", "", "Sale has no example; write examples/Sale/valid-….json."),
        ("valid-sold.json", "{", "this is no JSON"),
        ("valid-sold.json", '{"sale_id": "x"}', "this example does not match its schema at /"),
    ],
)
def test_an_answer_without_a_fitting_example_is_reported(
    tree: Repository, file: str, text: str, message: str
) -> None:
    folder = tree.root / "contracts/shop/examples/Sale"
    shutil.rmtree(folder)
    if text:
        folder.mkdir()
        (folder / file).write_text(text, encoding="utf-8")

    code, output = _mock("shop")

    assert code == 1
    assert message in output
    assert output.startswith("contracts/shop/")


@pytest.mark.parametrize("content", [None, "{}x", '{"token": {}}'])
def test_a_token_file_that_is_none_is_refused(tree: Repository, content: str | None) -> None:
    if content is not None:
        (tree.root / "tokens.json").write_text(content, encoding="utf-8")

    code, output = _mock("shop", "--access", "tokens.json")

    assert code == 2
    assert output.startswith("--access tokens.json: ")


def test_it_is_refused_when_there_are_no_contracts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")

    assert _mock("shop")[0] == 2
