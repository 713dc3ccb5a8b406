"""Puts the pages that people read into the packages that are built of this service.

They are not in git: a checkout has the contracts and the templates to render them from, an sdist
has the pages. The same file in every service.
"""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from typing_extensions import override


class Pages(BuildHookInterface[BuilderConfig]):
    """Renders `contract/pages/` into wheels and sdists; an editable install renders on request."""

    _folder: str | None = None

    @override
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Render the pages and add them to what is built."""
        if version == "editable":
            return
        service, tree = self.metadata.name, Path(self.root).parents[1]
        package = f"src/{service}/contract/pages"
        if not (tree / "contracts" / service).is_dir():
            if not Path(self.root, package).is_dir():
                self.app.abort(f"{service}: build it in a checkout, or from its sdist.")
            return
        self._folder = tempfile.mkdtemp(prefix="waybill-pages-")
        for name, text in _render(tree, service).items():
            page = Path(self._folder, name)
            page.write_text(text, encoding="utf-8")
            place = package if self.target_name == "sdist" else package.removeprefix("src/")
            build_data["force_include"][str(page)] = f"{place}/{name}"

    @override
    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was rendered: it is in the artifact now."""
        if self._folder is not None:
            shutil.rmtree(self._folder)


def _render(tree: Path, service: str) -> dict[str, str]:
    """Render the pages of a service, by file. Raises ContractError."""
    sys.path.insert(0, str(tree / "libs" / "toolkit" / "src"))
    from waybill_toolkit.contracts.generate.tree import Tree  # noqa: PLC0415 - it is there from here on
    from waybill_toolkit.contracts.reference.pages import render_pages  # noqa: PLC0415

    pages = {Path(path): text for path, text in render_pages(Tree(tree)).items()}
    return {path.name: text for path, text in pages.items() if path.parent.name == service}
