"""Writes the package and compiles it."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import jinja2

from waybill_toolkit.contracts.sdk.contract import (
    TEMPORARY_SLUGS,
    TEMPORARY_STATUSES,
    Problem,
    PublicContract,
    Schema,
)
from waybill_toolkit.contracts.sdk.openness import open_schemas
from waybill_toolkit.contracts.sdk.options import PackageOptions
from waybill_toolkit.contracts.sdk.typescript.compiler import TYPESCRIPT, compile_package
from waybill_toolkit.contracts.sdk.typescript.names import error, key, literal
from waybill_toolkit.contracts.sdk.typescript.operations import groups
from waybill_toolkit.contracts.sdk.typescript.types import declaration, type_of

NAME: Final = "waybill-client"
_HERE: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class ProblemClass:
    """A problem type. `fields` has the types of its additional fields, if any."""

    name: str
    slug: str
    uri: str
    title: str
    status: int
    fields: str
    kinds: str
    """The kind of each of these fields: of `typeof`, or `array`."""


@dataclass(frozen=True, slots=True)
class RefusalClass:
    """A code of a later refusal, or the base class of all its codes."""

    name: str
    base: str
    base_of_others: bool
    text: str


def write(contract: PublicContract, out: Path, options: PackageOptions) -> None:
    """Write the package into `out`, an empty folder. The output is deterministic.

    Raises NodeUnavailableError, and UnsupportedContractError when the compiler reports errors.
    """
    shutil.copytree(_HERE / "runtime", out / "src")
    for name, text in _files(contract, options).items():
        (out / name).write_text(text, encoding="utf-8", newline="\n")
    compile_package(out)


def _files(contract: PublicContract, options: PackageOptions) -> dict[str, str]:
    operations = groups(contract)
    problems = [_problem(each) for each in contract.problems]
    refusals = list(dict.fromkeys(_refusals(contract)))
    follows = any(each.follow for each in contract.operations)
    schemas = [declaration(name, schema) for name, schema in open_schemas(contract).items()]
    common = {"groups": operations, "problems": problems, "refusals": refusals, "follows": follows}
    sources = {
        "client": _render("client.ts", **common),
        "index": _render("index.ts", **common),
        "problems": _render(
            "problems.ts",
            problems=problems,
            statuses=TEMPORARY_STATUSES,
            temporary=[each.uri for each in problems if each.slug in TEMPORARY_SLUGS],
        ),
        "schemas": _render("schemas.ts", schemas=schemas),
        "testing": _render(
            "testing.ts",
            operations=[each for group in operations for each in group.operations],
            problems=problems,
        ),
        "version": f"export const VERSION = {literal(contract.version)};\n",
        **({"refusals": _render("refusals.ts", refusals=refusals)} if refusals else {}),
    }
    return {
        **{f"src/{name}.ts": text for name, text in sources.items()},
        "package.json": _render(
            "package.json",
            name=literal(options.name or NAME),
            url=options.project_url,
            version=contract.version,
            description=literal(f"{contract.openapi['info']['title']}: its public API"),
            typescript=TYPESCRIPT,
        ),
        "tsconfig.json": _render("tsconfig.json"),
        "README.md": _render(
            "README.md",
            name=options.name or NAME,
            version=contract.version,
            statuses=TEMPORARY_STATUSES,
            temporary=TEMPORARY_SLUGS,
            **common,
        ),
    }


def _problem(problem: Problem) -> ProblemClass:
    fields = (f"{key(name)}: {type_of(schema)}" for name, schema in problem.fields.items())
    kinds = [f"{key(name)}: {literal(_kind(each))}" for name, each in problem.fields.items()]
    return ProblemClass(
        name=error(problem.slug),
        slug=problem.slug,
        uri=problem.uri,
        title=problem.title,
        status=problem.status,
        fields="; ".join(fields),
        kinds=f" {', '.join(kinds)} " if kinds else "",
    )


def _kind(schema: Schema) -> str:
    kind = str(schema["type"])
    return "number" if kind == "integer" else kind


def _refusals(contract: PublicContract) -> Iterator[RefusalClass]:
    for operation in contract.operations:
        if follow := operation.follow:
            base = f"{follow.base_class_name}Error"
            text = f"The {follow.resource} was refused"
            above = f"RefusedError<t.{follow.resource}>"
            yield RefusalClass(base, above, base_of_others=True, text=f"{text}.")
            for code in follow.codes:
                name = f"{follow.class_name(code)}Error"
                yield RefusalClass(name, base, base_of_others=False, text=f"{text}: `{code}`.")


def _render(template: str, **values: object) -> str:
    return _environment().get_template(f"{template}.jinja").render(**values)


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 (TypeScript, not HTML)
    )
