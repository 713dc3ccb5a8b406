"""A program of somebody else's that uses the package: installed by npm, compiled by tsc --strict."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from waybill_toolkit.generate.repository import Repository
from waybill_toolkit.node.packages import environment
from waybill_toolkit.node.program import find_node
from waybill_toolkit.sdk.commands import write
from waybill_toolkit.sdk.contract import PublicContract
from waybill_toolkit.sdk.typescript.compiler import compiler

PROGRAMS: Final = Path(__file__).with_name("programs")
SETTINGS: Final = {
    "compilerOptions": {
        "target": "ES2022",
        "module": "NodeNext",
        "lib": ["ES2022", "DOM"],
        "types": [],
        "strict": True,
        "exactOptionalPropertyTypes": True,
        "noUncheckedIndexedAccess": True,
    }
}
SECONDS_MAX: Final = 120


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with programs that import `waybill-client`."""

    folder: Path

    def add(self, name: str, text: str) -> None:
        (self.folder / f"{name}.ts").write_text(text, encoding="utf-8")

    def compile(self) -> str:
        """Compile all programs, and return what the compiler has to say."""
        command = compiler().command("typescript/bin/tsc", "--project", ".")
        return self._run(command, check=False).stdout

    def run(self, program: str, *arguments: str) -> str:
        return self._run([str(find_node().node), f"{program}.js", *arguments]).stdout

    async def result(self, program: str, *arguments: str) -> Any:
        """Run a program while the loop goes on, and read the JSON that it prints."""
        return json.loads(await asyncio.to_thread(self.run, program, *arguments))

    def _run(
        self, command: Sequence[str], *, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS_MAX,
        )
        assert done.returncode == 0 or not check, done.stdout + done.stderr
        return done


@pytest.fixture(scope="session")
def contract() -> PublicContract:
    return PublicContract.read(Repository.around(Path.cwd()))


@pytest.fixture(scope="session")
def package(contract: PublicContract, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the package of this tree's contracts."""
    folder = tmp_path_factory.mktemp("typescript") / "package"
    folder.mkdir()
    write("typescript", contract, folder)
    return folder


@pytest.fixture(scope="session")
def project(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Install the package as npm does, with all programs beside it, not yet compiled."""
    project = Project(tmp_path_factory.mktemp("typescript-project"))
    (project.folder / "package.json").write_text('{"private": true, "type": "module"}')
    (project.folder / "tsconfig.json").write_text(json.dumps(SETTINGS))
    for program in PROGRAMS.glob("*.ts"):
        shutil.copy(program, project.folder)
    install = ("install", "--offline", "--install-links", "--no-audit", "--no-fund", str(package))
    project._run([*find_node().npm, *install])
    return project


@pytest.fixture(scope="session")
def compiled(project: Project) -> Project:
    """Compile the programs; the README's examples are beside them when `readme` is asked for."""
    assert project.compile() == ""
    return project
