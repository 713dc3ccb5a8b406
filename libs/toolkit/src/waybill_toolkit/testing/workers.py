"""How the processes of one test run (pytest-xdist) share what is costly."""

import ast
import fcntl
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

_WORKER: Final = "PYTEST_XDIST_WORKER"
"""Set in each worker process."""

_PLATFORMS: Final = ("guarded_platform", "platform")
"""Fixtures that run all services for a session: each process that asks starts its own."""


class PlatformScheduling(LoadFileScheduling):  # type: ignore[misc] # it has no types
    """Gives the tests of a file to one worker, and all files that share a platform.

    Otherwise each worker would start each platform.
    """

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return group_of(self.config.rootpath / file) or file


@cache
def group_of(file: Path) -> str | None:
    """Return the name of the group of a test file, or None if it shares no platform."""
    if not file.is_file():
        return None
    functions = [
        node
        for node in ast.walk(ast.parse(file.read_bytes()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    own = {function.name for function in functions}
    used = {
        argument.arg
        for function in functions
        if _is_run(function)
        for argument in function.args.args
    }
    platform = next((each for each in _PLATFORMS if each in used - own), None)
    # Pages take as long as all others of this platform, so they have a worker of their own.
    return f"pages on {platform}" if platform == "platform" and _is_of_pages(file) else platform


def _is_run(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether pytest gives fixtures to a function: it is a test or a fixture."""
    return function.name.startswith("test_") or any(
        "fixture" in ast.unparse(each) for each in function.decorator_list
    )


def _is_of_pages(file: Path) -> bool:
    return file.parent.name == "docs"


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that `make` fills once in a run; other workers wait for it."""
    folder = factory.getbasetemp()
    if _WORKER in os.environ:
        folder = folder.parent  # of the run
    made, done = folder / name, folder / f"{name}.done"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            make(made)
            done.touch()
    return made
