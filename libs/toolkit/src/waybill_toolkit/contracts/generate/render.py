"""Renders the templates, and formats the generated Python."""

import subprocess
import tempfile
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

import jinja2

from waybill_toolkit.contracts.generate.asyncapi import EventContract
from waybill_toolkit.contracts.generate.calls import Callee
from waybill_toolkit.contracts.generate.http_contract import HttpContract, Operation
from waybill_toolkit.contracts.generate.names import pascal
from waybill_toolkit.contracts.generate.problems import ProblemType

LINE: Final = 100
_RULES: Final = "I,F401,F811"
"""Sorts imports, and removes unused and duplicate ones."""


Part: TypeAlias = HttpContract | EventContract | Sequence[ProblemType] | Callee


def render(template: str, service: str, **parts: Part) -> str:
    """Render one template for one service."""
    return _environment().get_template(f"{template}.jinja").render(service=service, **parts)


def tidy(sources: Mapping[str, str], service: str) -> dict[str, str]:
    """Sort imports and format. No configuration files are used."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in sources.items():
            Path(folder, name).write_text(text, encoding="utf-8", newline="\n")
        known = f'lint.isort.known-first-party=["{service}"]'
        common = ["--isolated", "--no-cache", "--quiet", "--target-version", "py311"]
        _ruff(folder, "check", *common, "--select", _RULES, "--fix", "--config", known)
        compact = "format.skip-magic-trailing-comma=true"
        _ruff(folder, "format", *common, "--line-length", str(LINE), "--config", compact)
        return {name: Path(folder, name).read_text(encoding="utf-8") for name in sources}


def _ruff(folder: str, *arguments: str) -> None:
    # Imported here: a build of a service renders pages without the formatter.
    from ruff import find_ruff_bin  # type: ignore[import-untyped] # noqa: PLC0415 - it has no types

    subprocess.run([find_ruff_bin(), *arguments, "."], cwd=folder, check=True)  # noqa: S603


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("waybill_toolkit.contracts.generate"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 (Python, not HTML)
    )
    environment.filters |= {
        "literal": _literal,
        "digits": lambda number: f"{number:_}",
        "docstring": _docstring,
        "pascal": pascal,
        "prefix": lambda name, prefix: prefix + name,
        "result": _result,
    }
    return environment


def _literal(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _docstring(text: str, indent: int = 4) -> str:
    """Wrap paragraphs so that they fit between triple quotes at `indent`."""
    safe = text.replace("\\", "\\\\").replace('"""', "'''")
    sentences = [paragraph.strip().rstrip(".") + "." for paragraph in safe.split("\n\n")]
    wrapped = [textwrap.fill(" ".join(each.split()), LINE - indent - 6) for each in sentences]
    body = textwrap.indent("\n\n".join(wrapped), " " * indent).lstrip()
    return f"{body}\n{' ' * indent}" if "\n" in body else body


def _result(operation: Operation) -> str:
    names = [answer.class_name for answer in operation.answers]
    names += [f"problems.{problem.class_name}" for problem in operation.problems]
    return " | ".join(names)
