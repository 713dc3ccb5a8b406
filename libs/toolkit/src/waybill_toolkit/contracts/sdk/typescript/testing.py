"""Support for tests: a project that uses the installed package, compiled with `tsc --strict`."""

import asyncio
import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from waybill_toolkit.contracts.node.packages import environment
from waybill_toolkit.contracts.node.program import find_node
from waybill_toolkit.contracts.sdk.typescript.compiler import compiler

SETTINGS: Final = {
    "compilerOptions": {
        "target": "ES2022",
        "module": "NodeNext",
        "lib": ["ES2022", "DOM"],
        "types": [],
        "skipDefaultLibCheck": True,
        "strict": True,
        "exactOptionalPropertyTypes": True,
        "noUncheckedIndexedAccess": True,
    }
}
RUN_SECONDS_MAX: Final = 120


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with programs that import `waybill-client`."""

    folder: Path

    @classmethod
    def begin(cls, folder: Path, package: Path) -> "Project":
        """Install the package in an empty folder with npm. The package has no dependencies."""
        (folder / "package.json").write_text('{"private": true, "type": "module"}')
        (folder / "tsconfig.json").write_text(json.dumps(SETTINGS))
        project = cls(folder)
        flags = ("--offline", "--install-links", "--no-audit", "--no-fund")
        project._run([*find_node().npm, "install", *flags, str(package)])
        return project

    def add(self, name: str, text: str) -> None:
        """Write a program."""
        (self.folder / f"{name}.ts").write_text(text, encoding="utf-8")

    def compile(self) -> None:
        """Compile all programs. Raises ValueError with the compiler's errors."""
        self._run(compiler().command("typescript/bin/tsc", "--project", "."))

    def run(self, program: str, *arguments: str) -> str:
        """Run a compiled program and return its output. Raises ValueError when it fails."""
        return self._run([str(find_node().node), f"{program}.js", *arguments])

    async def result(self, program: str, *arguments: str) -> Any:  # noqa: ANN401 (JSON)
        """Run a program without blocking the event loop, and parse the JSON that it prints."""
        return json.loads(await asyncio.to_thread(self.run, program, *arguments))

    def _run(self, command: Sequence[str]) -> str:
        done = subprocess.run(  # noqa: S603 - the command is ours
            command,
            cwd=self.folder,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=RUN_SECONDS_MAX,
        )
        if done.returncode != 0:
            raise ValueError(done.stdout + done.stderr)
        return done.stdout
