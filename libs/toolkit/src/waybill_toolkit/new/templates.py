"""The files of a new service, from templates/: a path there is the path in the tree."""

import io
import subprocess
import tempfile
import tokenize
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Final

import jinja2
from ruff import find_ruff_bin  # type: ignore[import-untyped]  # it is untyped

from waybill_toolkit.contracts.lint.owners import names_owner
from waybill_toolkit.new.names import Names

FOLDER: Final = Path(__file__).with_name("templates")
SUFFIX: Final = ".jinja"
PLACEHOLDERS: Final = ("placeholder_service", "placeholder_one", "placeholder_many")

_FIRST_PARTY: Final = ("waybill", "waybill_toolkit")


def files_of(names: Names) -> dict[Path, str]:
    """Render all files, by path in the tree; Python is formatted with ruff."""
    made = _rendered(names)
    return made | _tidied(
        {path: text for path, text in made.items() if path.suffix == ".py"}, names
    )


@cache
def python_names(names: Names) -> frozenset[str]:
    """Collect every name that the Python of a service with these names uses."""
    return frozenset(
        token.string
        for path, text in _rendered(names).items()
        if path.suffix == ".py"
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.NAME
    )


def _rendered(names: Names) -> dict[Path, str]:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 (no HTML)
    )
    variables = names.variables()
    owner = names_owner(f"{names.entity}_id")
    version = installed_version("waybill")
    found = sorted(path.relative_to(FOLDER) for path in FOLDER.rglob(f"*{SUFFIX}"))
    return {
        Path(str(path).removesuffix(SUFFIX).format_map(variables)): environment.get_template(
            path.as_posix()
        ).render(variables, owner=owner, version=version)
        for path in found
    }


def _tidied(sources: Mapping[Path, str], names: Names) -> dict[Path, str]:
    """Sort imports and wrap lines: both depend on the names."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for path, text in sources.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        known = ", ".join(f'"{each}"' for each in (names.service, *_FIRST_PARTY))
        _ruff(
            folder,
            "check",
            "--select=I",
            "--fix",
            f"--config=lint.isort.known-first-party=[{known}]",
        )
        _ruff(folder, "format", "--line-length=100")
        return {path: (folder / path).read_text(encoding="utf-8") for path in sources}


def _ruff(folder: Path, *arguments: str) -> None:
    common = ("--isolated", "--no-cache", "--quiet", "--target-version=py311")
    subprocess.run([find_ruff_bin(), *arguments, *common, "."], cwd=folder, check=True)  # noqa: S603
