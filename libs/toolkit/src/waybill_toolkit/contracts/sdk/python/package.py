"""Assembles the files of the package."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import jinja2

from waybill_toolkit.contracts.generate.names import constant, pascal
from waybill_toolkit.contracts.generate.render import tidy
from waybill_toolkit.contracts.sdk.contract import Operation, PublicContract
from waybill_toolkit.contracts.sdk.python.models import make_models
from waybill_toolkit.contracts.sdk.python.names import check_names
from waybill_toolkit.contracts.sdk.python.texts import docstring, literal, paragraphs
from waybill_toolkit.contracts.sdk.python.types import (
    answer_type,
    answers_by_status,
    arguments,
    given,
    json_type,
    runtime_type,
)

_RUNTIME: Final = Path(__file__).with_name("runtime")
_MODULES: Final = ("__init__.py", "client.py", "errors.py", "testing.py")
_AT_THE_TOP: Final = ("pyproject.toml", "README.md")


@dataclass(frozen=True, slots=True)
class Names:
    """The name of the package on PyPI, the name of its module, and its project's address."""

    name: str
    module: str
    url: str


def make_package(contract: PublicContract, names: Names) -> dict[str, str]:
    """Return all files by their path in the package's folder. Raises ContractError."""
    check_names(contract)
    environment, module = _environment(names), names.module

    def render(name: str, **values: str) -> str:
        return environment.get_template(f"{name}.jinja").render(contract=contract, **values)

    modules = {name: render(name) for name in _MODULES}
    modules["models.py"] = make_models(contract, module)
    api = {
        f"{service}.py": render("service.py", service=service, text=_text(contract, service))
        for service in contract.services
    }
    runtime = {
        path.name: path.read_text(encoding="utf-8") for path in sorted(_RUNTIME.glob("*.py"))
    }
    source = f"src/{module}/"
    return {
        **{name: render(name) for name in _AT_THE_TOP},
        **_within(source, tidy(modules, module)),
        **_within(f"{source}api/", tidy(api, module)),
        f"{source}api/__init__.py": '"""The API of each service."""\n',
        **_within(f"{source}_runtime/", runtime),
        f"{source}py.typed": "",
    }


def _within(folder: str, files: dict[str, str]) -> dict[str, str]:
    return {f"{folder}{name}": text for name, text in files.items()}


def _text(contract: PublicContract, service: str) -> str:
    tags: list[dict[str, Any]] = contract.openapi["tags"]
    return str(next(each["description"] for each in tags if each["name"] == service))


def _environment(names: Names) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("waybill_toolkit.contracts.sdk.python"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 (Python, not HTML)
    )
    environment.filters |= {
        "answer_type": answer_type,
        "answers_by_status": answers_by_status,
        "arguments": arguments,
        "constant": constant,
        "docstring": docstring,
        "either": _either,
        "given": given,
        "json_type": json_type,
        "literal": literal,
        "paragraphs": paragraphs,
        "pascal": pascal,
        "runtime_type": runtime_type,
        "subject": _subject,
    }
    environment.globals |= asdict(names)
    return environment


def _either(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def _subject(operation: Operation) -> str:
    """Return the noun of an operation: `get_order` is about an `order`."""
    return operation.id.removeprefix("get_")
