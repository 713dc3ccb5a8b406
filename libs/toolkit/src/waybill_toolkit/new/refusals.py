"""Checks the names of a new service and its entity before anything is written."""

import builtins
import importlib.util
import os
import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from typing import Final

import yaml

from waybill.postgres.migrations import RUNTIME_FOLDER
from waybill_toolkit.contracts.generate.names import fault_of_snake, pascal
from waybill_toolkit.contracts.generate.schemas import SHARED
from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.new.names import Names, looks_plural, singular_of
from waybill_toolkit.new.templates import PLACEHOLDERS, python_names
from waybill_toolkit.platform.plan import RESERVED_NAMES, SERVICES_MAX

LENGTH_MAX: Final = 20
"""With longer names, lines of code would exceed 100 columns."""

_RESERVED: Final = """
    all analyse analyze and any array as asc asymmetric authorization binary both case cast check
    collate collation column concurrently constraint create cross current_catalog current_date
    current_role current_schema current_time current_timestamp current_user default deferrable desc
    distinct do else end except false fetch for foreign freeze from full grant group having ilike in
    initially inner intersect into is isnull join lateral leading left like limit localtime
    localtimestamp natural not notnull null offset on only or order outer overlaps placing primary
    references returning right select session_user similar some symmetric system_user table
    tablesample then to trailing true union unique user using variadic verbose when where window
    with
"""
SQL_RESERVED: Final = frozenset(_RESERVED.split())
"""PostgreSQL 18, appendix C: those that cannot be the name of a table without quotes."""

# The names that topics and event types allow (generate/asyncapi.schema.json).
_SERVICE: Final = re.compile(r"[a-z]+")
_ENTITY: Final = re.compile(r"[a-z]+(_[a-z]+)*")
_DATABASE_OWN: Final = re.compile(r"postgres|public|none")
_CREATES: Final = re.compile(r"create table (?:if not exists )?(\w+)", re.IGNORECASE)
_RECORD_TABLES: Final = (
    "schema_migrations",
    "schema_versions",
    "schema_contracts",
    "schema_backfills",
)


def refusals(names: Names, repository: Repository) -> list[str]:
    """Return all reasons to refuse the names; each is a sentence that says what to do."""
    found = [*_of_service(names.service, repository), *_of_entity(names)]
    return found or [*_existing(names.service, repository), *_served(names, repository)]


def _of_service(service: str, repository: Repository) -> Iterator[str]:
    if not _SERVICE.fullmatch(service):
        yield f"{service!r} is not one word of small letters, as in its topics: write one."
    elif fault_of_snake(service):
        yield f"{service} is a keyword of Python: choose another name."
    elif len(service) > LENGTH_MAX:
        yield f"{service} is longer than {LENGTH_MAX} letters: choose a shorter name."
    elif service in SQL_RESERVED or _DATABASE_OWN.fullmatch(service):
        yield f"{service} is reserved in PostgreSQL: choose another name."
    elif service in {*RESERVED_NAMES, *repository.packages, SHARED}:
        yield f"{service} is taken: choose another name."
    elif (repository.root / service).is_dir():
        yield f"{service} is a folder of this tree: choose another name."
    elif len(repository.packages) >= SERVICES_MAX:
        yield f"The platform has ports for {SERVICES_MAX} services, and they are there: remove one."
    elif _is_installed(service) and not (repository.root / "services" / service).exists():
        yield f"Python has a package {service} already: choose another name."


def _of_entity(names: Names) -> Iterator[str]:
    one, many = names.entity, names.entities
    if not (_ENTITY.fullmatch(one) and _ENTITY.fullmatch(many)):
        yield f"{one!r} is no snake_case word of letters: write one, like gift_card."
    elif fault_of_snake(one):
        yield f"{one} is a keyword of Python: choose another --entity."
    elif looks_plural(one) and not names.is_plural_given:
        yield (
            f"{one} looks like a plural: use the singular, --entity {singular_of(one)},"
            " or give the plural: --plural NAME."
        )
    elif one == many:
        yield f"The singular and the plural are both {many}: choose another --plural."
    elif len(many) > LENGTH_MAX:
        yield f"{many} is longer than {LENGTH_MAX} letters: choose a shorter name."
    elif SQL_RESERVED & {one, many}:
        yield f"{one} is a reserved word of SQL: choose another --entity."
    elif _used_in_code() & {many, pascal(one), pascal(many)}:
        yield f"{one} is a name in the code of a service: choose another --entity."
    elif many in _runtime_tables():
        yield f"The runtime has a table {many}: choose another --entity."


def _existing(service: str, repository: Repository) -> Iterator[str]:
    root = repository.root
    places = (f"contracts/{service}", f"services/{service}", f"docs/services/{service}.md")
    if there := ", ".join(each for each in places if os.path.lexists(root / each)):
        yield f"{there} exists already: remove it, or choose another name."


def _served(names: Names, repository: Repository) -> Iterator[str]:
    contracts = repository.root / "contracts"
    path = f"/v1/{names.path}"
    for service in repository.services:
        document = yaml.safe_load((contracts / service / "openapi.yaml").read_bytes())
        if any(f"{each}/".startswith(f"{path}/") for each in document["paths"]):
            yield f"{service} serves {path} already: choose another --entity."
            return
    if names.problem in yaml.safe_load((contracts / SHARED / "problems.yaml").read_bytes()):
        yield f"{names.problem} is a problem type of another service: choose another --entity."
    shared = yaml.safe_load((contracts / SHARED / "components.yaml").read_bytes())
    if pascal(names.entity) in shared["components"]["schemas"]:
        yield f"All services share a schema {pascal(names.entity)}: choose another --entity."


def _is_installed(package: str) -> bool:
    """Whether such a package is installed, except a former service of this tree."""
    try:
        found = distribution(package)
    except PackageNotFoundError:
        spec = importlib.util.find_spec(package)
        return (
            spec is not None and spec.loader is not None
        )  # otherwise only an empty folder is left
    return f"/services/{package}" not in (found.read_text("direct_url.json") or "")


def _used_in_code() -> frozenset[str]:
    return python_names(Names(*PLACEHOLDERS)) | frozenset(vars(builtins))


def _runtime_tables() -> set[str]:
    files = RUNTIME_FOLDER.glob("*.sql")
    return {
        *_RECORD_TABLES,
        *(name for path in files for name in _CREATES.findall(path.read_text())),
    }
