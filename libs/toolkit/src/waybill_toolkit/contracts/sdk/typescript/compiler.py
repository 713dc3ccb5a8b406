"""Runs the TypeScript compiler, with the version that the lock file pins."""

import json
import subprocess
from pathlib import Path
from typing import Final

from waybill_toolkit.contracts.generate.repository import Repository
from waybill_toolkit.contracts.node.packages import NodePackages, environment, installed
from waybill_toolkit.contracts.sdk.contract import NotSayableError

TOOLS: Final = Path(__file__).with_name("tools")
TYPESCRIPT: Final[str] = json.loads((TOOLS / "package.json").read_text(encoding="utf-8"))[
    "dependencies"
]["typescript"]

COMPILE_SECONDS_MAX: Final = 120
"""It takes two seconds where nothing else runs."""


def compiler() -> NodePackages:
    """Install the compiler, unless it is there. Raises NodeUnavailableError."""
    return installed(TOOLS, Repository.around(Path.cwd()).root / ".waybill" / "node")


def compile_package(folder: Path) -> None:
    """Compile the package. Raises NodeUnavailableError, and NotSayableError if it is not clean."""
    command = compiler().command("typescript/bin/tsc", "--project", "tsconfig.json")
    done = subprocess.run(  # noqa: S603 - the command is ours
        command,
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=COMPILE_SECONDS_MAX,
    )
    if done.returncode != 0:
        raise NotSayableError(f"the compiler refuses the package:\n{done.stdout}{done.stderr}")
