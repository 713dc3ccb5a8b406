"""The programs that call the packages for Go and Java, and what they call."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.contracts.sdk.commands import write
from waybill_toolkit.contracts.sdk.compilers import Compiler, why_not
from waybill_toolkit.contracts.sdk.orders_api import OrdersApi, orders_api
from waybill_toolkit.contracts.sdk.programs import CallingProgram
from waybill_toolkit.contracts.sdk.reading import read_public_contract
from waybill_toolkit.contracts.sdk.tomorrow import TomorrowProxy, tomorrow

ROOT: Final = Path(__file__).parents[5]
PROGRAMS: Final = Path(__file__).with_name("programs")
CLIENTS: Final = {"go": ("go", ""), "java": ("java", ""), "java-async": ("java", "async ")}
"""The language of each client, and what its program takes before the address."""
SOURCES: Final = {"go": "calls.go", "java": "Calls.java"}


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The commands of the programs by language, as far as they can be compiled here."""
    contract = read_public_contract(Repository(ROOT))
    commands: dict[str, list[str]] = {}
    for language, source in SOURCES.items():
        if why_not(language):
            continue
        folder = tmp_path_factory.mktemp(f"calls-{language}")
        (folder / "package").mkdir()
        (folder / "programs").mkdir()
        write(language, contract, folder / "package")
        compiler = Compiler(language, folder / "package", folder / "programs")
        compiler.check()
        commands[language] = compiler.compile("calls", (PROGRAMS / source).read_text())
    return commands


@pytest.fixture(scope="module", params=sorted(CLIENTS))
def client(
    request: pytest.FixtureRequest, compiled: dict[str, list[str]]
) -> Iterator[CallingProgram]:
    language, prefix = CLIENTS[request.param]
    if reason := why_not(language):
        pytest.skip(f"{reason}; the SDK for {language} is tried where it is")
    program = CallingProgram(compiled[language], prefix)
    yield program
    program.close()


@pytest.fixture
def api() -> Iterator[OrdersApi]:
    with orders_api() as api:
        yield api


@pytest.fixture
def proxy(api: OrdersApi) -> Iterator[TomorrowProxy]:
    with tomorrow(api.address) as proxy:
        yield proxy
