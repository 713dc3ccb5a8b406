"""Invalid names are refused with a sentence that says what to do."""

import asyncpg
import pytest
from typer.testing import CliRunner

from waybill_toolkit.cli import build
from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.new.names import Names
from waybill_toolkit.new.refusals import SQL_RESERVED, refusals


@pytest.mark.parametrize(
    ("service", "why"),
    [
        ("Loyalty", "not one word"),
        ("loyalty-points", "not one word"),
        ("loyalty_points", "not one word"),
        ("2nd", "not one word"),
        ("", "not one word"),
        ("../loyalty", "not one word"),
        ("class", "a keyword of Python"),
        ("match", "a keyword of Python"),
        ("l" * 21, "longer than 20"),
        ("user", "is reserved in PostgreSQL"),
        ("postgres", "is reserved in PostgreSQL"),
        ("orders", "is taken"),
        ("gateway", "is taken"),
        ("shared", "is taken"),
        ("broker", "is taken"),
        ("tests", "a folder of this tree"),
        ("json", "Python has a package json"),
        ("waybill", "Python has a package waybill"),
        ("fastapi", "Python has a package fastapi"),
        ("pyyaml", "Python has a package pyyaml"),
    ],
)
def test_service_name_is_refused(tree: Repository, service: str, why: str) -> None:
    [reason] = refusals(Names.of(service, "award", None), tree)

    assert why in reason
    assert "choose" in reason or "write one" in reason


@pytest.mark.parametrize(
    ("entity", "why"),
    [
        ("Award", "no snake_case word"),
        ("gift-card", "no snake_case word"),
        ("area51", "no snake_case word"),
        ("yield", "a keyword of Python"),
        ("a" * 20, "longer than 20"),
        ("cause", "is a name in the code"),
        ("event", "is a name in the code"),
        ("transaction", "is a name in the code"),
        ("warning", "is a name in the code"),
        ("var", "is a name in the code"),
        ("user", "a reserved word of SQL"),
        ("table", "a reserved word of SQL"),
        ("saga", "The runtime has a table"),
        ("dead_letter", "The runtime has a table"),
        ("order", "a reserved word of SQL"),
        ("payment", "payments serves /v1/payments already"),
        ("reservation", "inventory serves /v1/reservations already"),
        ("money", "share a schema Money"),
    ],
)
def test_entity_name_is_refused(tree: Repository, entity: str, why: str) -> None:
    [reason] = refusals(Names.of("loyalty", entity, None), tree)

    assert why in reason


@pytest.mark.parametrize(
    ("entity", "why"),
    [("awards", "--entity award,"), ("people", "--entity person,"), ("lens", "--plural NAME")],
)
def test_plural_entity_is_refused(tree: Repository, entity: str, why: str) -> None:
    [reason] = refusals(Names.of("loyalty", entity, None), tree)

    assert why in reason
    assert refusals(Names.of("loyalty", entity, "optics"), tree) == []


def test_singular_and_plural_must_differ(tree: Repository) -> None:
    [reason] = refusals(Names.of("loyalty", "series", "series"), tree)

    assert "are both series" in reason


@pytest.mark.parametrize(
    "half", ["contracts/loyalty", "services/loyalty", "docs/services/loyalty.md"]
)
def test_existing_files_are_not_overwritten(copied: Repository, half: str) -> None:
    (copied.root / half).mkdir()

    result = CliRunner().invoke(build(), ["new", "service", "loyalty", "--entity", "award"])

    assert result.exit_code == 1
    assert f"{half} exists already: remove it," in result.output


async def test_the_reserved_words_are_those_of_the_server(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    rows = await connection.fetch(
        "select word from pg_get_keywords() where catcode = any($1)", [b"R", b"T"]
    )
    await connection.close()

    assert {row["word"] for row in rows} == SQL_RESERVED
