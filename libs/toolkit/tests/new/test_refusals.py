"""Names that would not work are refused in a sentence that says what to do."""

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
        ("class", "a word of Python"),
        ("match", "a word of Python"),
        ("l" * 21, "longer than 20"),
        ("user", "a word of PostgreSQL"),
        ("postgres", "a word of PostgreSQL"),
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
def test_a_service_cannot_be_called_so(tree: Repository, service: str, why: str) -> None:
    [reason] = refusals(Names.of(service, "award", None), tree)

    assert why in reason
    assert "choose" in reason or "write one" in reason


@pytest.mark.parametrize(
    ("entity", "why"),
    [
        ("Award", "no snake_case word"),
        ("gift-card", "no snake_case word"),
        ("area51", "no snake_case word"),
        ("yield", "a word of Python"),
        ("a" * 20, "longer than 20"),
        ("cause", "means something in the code"),
        ("event", "means something in the code"),
        ("transaction", "means something in the code"),
        ("warning", "means something in the code"),
        ("var", "means something in the code"),
        ("user", "a word of SQL"),
        ("table", "a word of SQL"),
        ("saga", "the runtime's"),
        ("dead_letter", "the runtime's"),
        ("order", "a word of SQL"),
        ("payment", "payments serves /v1/payments already"),
        ("reservation", "inventory serves /v1/reservations already"),
        ("money", "share a schema Money"),
    ],
)
def test_an_entity_cannot_be_called_so(tree: Repository, entity: str, why: str) -> None:
    [reason] = refusals(Names.of("loyalty", entity, None), tree)

    assert why in reason


@pytest.mark.parametrize(
    ("entity", "why"),
    [("awards", "--entity award,"), ("people", "--entity person,"), ("lens", "--plural NAME")],
)
def test_an_entity_that_looks_like_many_is_refused(tree: Repository, entity: str, why: str) -> None:
    [reason] = refusals(Names.of("loyalty", entity, None), tree)

    assert why in reason
    assert refusals(Names.of("loyalty", entity, "optics"), tree) == []


def test_one_and_many_need_two_names(tree: Repository) -> None:
    [reason] = refusals(Names.of("loyalty", "series", "series"), tree)

    assert "two names" in reason


@pytest.mark.parametrize(
    "half", ["contracts/loyalty", "services/loyalty", "docs/services/loyalty.md"]
)
def test_what_is_half_there_is_not_written_over(copied: Repository, half: str) -> None:
    (copied.root / half).mkdir()

    result = CliRunner().invoke(build(), ["new", "service", "loyalty", "--entity", "award"])

    assert result.exit_code == 1
    assert f"There is something of loyalty already: remove {half}," in result.output


async def test_the_reserved_words_are_those_of_the_server(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    rows = await connection.fetch(
        "select word from pg_get_keywords() where catcode = any($1)", [b"R", b"T"]
    )
    await connection.close()

    assert {row["word"] for row in rows} == SQL_RESERVED
