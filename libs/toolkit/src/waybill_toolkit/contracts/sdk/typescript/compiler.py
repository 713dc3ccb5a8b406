"""Runs the TypeScript compiler in the version that the lock file pins."""

import json
import subprocess
from pathlib import Path
from typing import Final

from waybill_toolkit.contracts.node.packages import NodePackages, environment, installed
from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.contracts.sdk.contract import UnsupportedContractError

TOOLS: Final = Path(__file__).with_name("tools")
TYPESCRIPT: Final[str] = json.loads((TOOLS / "package.json").read_text(encoding="utf-8"))[
    "dependencies"
]["typescript"]

COMPILE_SECONDS_MAX: Final = 120
"""The compiler takes two seconds on an idle machine."""


def compiler() -> NodePackages:
    """Install the compiler, unless it is installed. Raises NodeUnavailableError."""
    return installed(TOOLS, Repository.around(Path.cwd()).root / ".waybill" / "node")


def compile_package(folder: Path) -> None:
    """Compile the package. Raises NodeUnavailableError or UnsupportedContractError."""
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
        raise UnsupportedContractError(
            f"the compiler rejects the package:\n{done.stdout}{done.stderr}"
        )
