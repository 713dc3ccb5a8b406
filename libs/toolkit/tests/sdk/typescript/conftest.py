"""The package of this tree's contracts, and programs that use it."""

import re
from pathlib import Path
from typing import Final

import pytest

from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.contracts.sdk.commands import write
from waybill_toolkit.contracts.sdk.contract import PublicContract
from waybill_toolkit.contracts.sdk.reading import read_public_contract
from waybill_toolkit.contracts.sdk.testing import EXAMPLE_ADDRESS, example
from waybill_toolkit.contracts.sdk.typescript.testing import Project

PROGRAMS: Final = Path(__file__).with_name("programs")


@pytest.fixture(scope="session")
def contract() -> PublicContract:
    return read_public_contract(Repository.around(Path.cwd()))


@pytest.fixture(scope="session")
def package(contract: PublicContract, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("typescript")
    write("typescript", contract, folder)
    return folder


@pytest.fixture(scope="session")
def project(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Compile everything in `programs`, and the README's examples with the address they have."""
    project = Project.begin(tmp_path_factory.mktemp("typescript-project"), package)
    for program in PROGRAMS.glob("*.ts"):
        project.add(program.stem, program.read_text("utf-8"))
    text = example(package, "typescript", EXAMPLE_ADDRESS)
    project.add("readme", text)
    project.add("readme_headers", _with_a_client(text, example_of_headers(package)))
    project.compile()
    return project


def example_of_headers(package: Path) -> str:
    found = re.search(
        r"^```ts\n(.*?)^```$", (package / "README.md").read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    assert found
    return found[1]


def _with_a_client(first: str, following: str) -> str:
    """Put the lines that make the client, which only the first example has, before another one."""
    made = [line for line in first.splitlines() if line.startswith("const waybill")]
    return "\n".join(['import { Waybill } from "waybill-client";', *made, following])
