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
SNIPPETS: Final = ("readme_options", "readme_tokens", "readme_headers", "readme_tests")


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
    for name, snippet in zip(SNIPPETS, snippets(package), strict=True):
        project.add(name, _with_a_client(text, snippet))
    project.compile()
    return project


def snippets(package: Path) -> list[str]:
    """Return the README's examples after the first one."""
    text = (package / "README.md").read_text("utf-8")
    return re.findall(r"^```ts\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def _with_a_client(first: str, snippet: str) -> str:
    """Add the imports, and the client of the first example where a snippet has none."""
    client = [line for line in first.splitlines() if line.startswith("const waybill")]
    return "\n".join(
        [
            'import { Waybill } from "waybill-client";',
            'import { FakeApi } from "waybill-client/testing";',
            *([] if "const waybill" in snippet else client),
            f"{snippet}export {{ FakeApi, Waybill }};",
        ]
    )
