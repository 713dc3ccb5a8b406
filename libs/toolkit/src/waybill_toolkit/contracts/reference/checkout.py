"""Renders the pages of a service that runs from a checkout, on request.

The runtime finds `renderer_of` by the entry point `waybill.pages`. Pages are rendered from
the current contracts, so none is stale. A separate process renders them: the service does not load
a template engine and is not blocked.
"""

import subprocess
import sys
from collections.abc import Callable
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from waybill_toolkit.contracts.generate.tree import Tree

RENDERING_SECONDS: Final = 30
"""The timeout of rendering, which takes half a second on an idle machine."""


def renderer_of(contract: Traversable) -> Callable[[str], str] | None:
    """Return the renderer of a generated package's pages; None outside of a checkout.

    The renderer takes `reference` or `events`. It raises RuntimeError with one sentence when the
    page cannot be rendered.
    """
    if not isinstance(contract, Path):
        return None
    package = contract.resolve()
    try:
        tree = Tree.around(package)
    except FileNotFoundError:
        return None
    is_of_tree = package == tree.package(package.parent.name)
    return (lambda page: _render(package, page)) if is_of_tree else None


def _render(package: Path, page: str) -> str:
    command = [
        sys.executable,
        "-X",
        "utf8",
        "-m",
        "waybill_toolkit.contracts.rendered_page",
        str(package),
        page,
    ]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command
            command,
            capture_output=True,
            check=False,
            encoding="utf-8",
            timeout=RENDERING_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RuntimeError(f"The page could not be rendered: {error}.") from None
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise RuntimeError(f"The page could not be rendered: {said[-1]}")
    return done.stdout
