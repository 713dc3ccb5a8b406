"""Programs in TypeScript, Go and Java that call an API with tokens of their own."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.contracts.sdk.commands import write
from waybill_toolkit.contracts.sdk.compilers import Compiler, run, why_not
from waybill_toolkit.contracts.sdk.guarded_api import (
    CLIENT_ID,
    CLIENT_SECRET,
    GuardedApi,
    guarded_api,
)
from waybill_toolkit.contracts.sdk.reading import read_public_contract
from waybill_toolkit.contracts.sdk.typescript.testing import Project

ROOT: Final = Path(__file__).parents[5]
PROGRAMS: Final = Path(__file__).with_name("programs")
SOURCES: Final = {"go": "tokens.go", "java": "Tokens.java"}

Program = Callable[[str, str], str]
"""Takes a scenario and an address, and returns the output."""


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Program]:
    """The programs by client, as far as they can be compiled here."""
    contract = read_public_contract(Repository(ROOT))

    def package(language: str) -> Path:
        folder = tmp_path_factory.mktemp(language)
        write(language, contract, folder)
        return folder

    def compiled(language: str, *first: str) -> Program:
        compiler = Compiler(language, package(language), tmp_path_factory.mktemp("program"))
        compiler.check()
        command = compiler.compile("tokens", (PROGRAMS / SOURCES[language]).read_text())
        return lambda *arguments: run(command, *first, *arguments)

    project = Project.begin(tmp_path_factory.mktemp("project"), package("typescript"))
    project.add("tokens", (PROGRAMS / "tokens.ts").read_text())
    project.compile()
    found: dict[str, Program] = {"typescript": lambda *given: project.run("tokens", *given)}
    if not why_not("go"):
        found["go"] = compiled("go")
    if not why_not("java"):
        found |= {"java": compiled("java"), "java-async": compiled("java", "async")}
    return found


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[GuardedApi]:
    monkeypatch.setenv("WAYBILL_CLIENT_ID", CLIENT_ID)
    monkeypatch.setenv("WAYBILL_CLIENT_SECRET", CLIENT_SECRET)
    with guarded_api() as api:
        yield api


@pytest.fixture(params=["typescript", "go", "java", "java-async"])
def call(
    request: pytest.FixtureRequest, programs: dict[str, Program], api: GuardedApi
) -> Callable[[str], dict[str, Any]]:
    """Runs a scenario in one language and returns what the program saw."""
    program = programs.get(request.param)
    if program is None:
        pytest.skip(f"{request.param} is not installed; its SDK is tried where it is")
    return lambda scenario: json.loads(program(scenario, api.address))
