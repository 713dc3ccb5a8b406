"""Draws Mermaid diagrams as SVG during the build, so pages need no script for them.

mermaidx runs the original mermaid.js in an embedded engine, without a browser or Node.js. A diagram
takes about a second, so diagrams are cached by their text.
"""

import hashlib
import os
import re
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

_FONT: Final = "Arial, Helvetica, sans-serif"
"""Boxes are as wide as their text is in this font, so the page must use it too."""
_CONFIG: Final = {"fontFamily": _FONT, "htmlLabels": False, "flowchart": {"htmlLabels": False}}
_PLAIN_IDS: Final = re.compile(r' id="(?!my-svg)[^"]*"')


class DiagramError(Exception):
    """A diagram cannot be drawn."""


@dataclass(frozen=True, slots=True)
class Diagrams:
    """Draws diagrams and caches them in `folder`."""

    folder: Path

    def draw(self, source: str) -> str:
        """Return the SVG of a diagram. Raises DiagramError."""
        tool = f"mermaidx {version('mermaidx')} {_CONFIG}"
        name = hashlib.sha256(f"{tool}\n{source}".encode()).hexdigest()[:16]
        kept = self.folder / f"{name}.svg"
        if not kept.is_file():
            self.folder.mkdir(parents=True, exist_ok=True)
            # Renamed when it is complete: another build may read it at any time.
            unfinished = kept.with_suffix(f".{os.getpid()}")
            unfinished.write_text(_draw(source, f"diagram-{name}"), encoding="utf-8")
            unfinished.rename(kept)
        return kept.read_text(encoding="utf-8")


def _draw(source: str, name: str) -> str:
    import mermaidx  # type: ignore[import-untyped]  # noqa: PLC0415 - seldom needed

    try:
        svg: str = mermaidx.render(source, theme="base", config=_CONFIG).svg()
    except Exception as error:
        raise DiagramError(f"this diagram cannot be drawn: {error}\n{source}") from error
    # Make ids unique among the diagrams of a page.
    return _PLAIN_IDS.sub("", svg).replace("my-svg", name)
