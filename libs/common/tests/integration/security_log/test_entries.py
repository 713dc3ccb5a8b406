"""Entries of the security log, in the transactions of their acts."""

import json

import asyncpg
import pytest
from libs.common.tests.integration.security_log.conftest import Run, act, targets

from waybill.postgres import Database
from waybill.security_log import record


async def test_an_entry_says_who_did_what_to_what(database: Database) -> None:
    async with database.transaction() as tx:
        tx.actor = "user:1"
        await record(tx, "session.ended", target="s1", detail={"reason": "logout", "count": 2})
        await record(tx, "user.logged-in", actor="user:2")
    async with database.connection() as connection:
        rows = await connection.fetch("SELECT * FROM security_log ORDER BY position")
    first, second = rows
    assert (first["actor"], first["action"], first["target"]) == ("user:1", "session.ended", "s1")
    assert json.loads(first["detail"]) == {"reason": "logout", "count": 2}
    assert (second["actor"], second["target"], second["detail"]) == ("user:2", None, "{}")


async def test_nothing_is_written_when_the_act_is_rolled_back(
    database: Database, chain: Run
) -> None:
    async def fail() -> None:
        async with database.transaction() as tx:
            await record(tx, "door.opened", target="a")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM security_log") == 0


@pytest.mark.parametrize("name", ["password", "new_password", "token", "api-key", "Authorization"])
async def test_a_detail_is_refused_when_it_is_named_like_a_secret(
    database: Database, name: str
) -> None:
    async with database.transaction() as tx:
        with pytest.raises(ValueError, match=f"keeps no secret: {name}"):
            await record(tx, "door.opened", detail={name: "x"})
        await record(tx, "door.opened", detail={"token_id": "x"})


@pytest.mark.parametrize("action", ["", "opened", "Door.opened", "door.opened.twice", "door. x"])
async def test_an_action_is_refused_when_it_is_no_subject_and_verb(
    database: Database, action: str
) -> None:
    async with database.transaction() as tx:
        with pytest.raises(ValueError, match=r"write it as subject\.verb"):
            await record(tx, action)


async def test_the_actor_must_be_given_when_the_transaction_has_several(
    database: Database,
) -> None:
    async with database.transaction() as tx:
        tx.actor = None
        with pytest.raises(ValueError, match="give the actor"):
            await record(tx, "door.opened")


async def test_foreign_text_is_stored_without_what_postgresql_refuses_and_cut(
    database: Database,
) -> None:
    async with database.transaction() as tx:
        await record(tx, "door.opened", target="a\0b\ud800", detail={"agent": "x\0" * 1_000})
    async with database.connection() as connection:
        row = await connection.fetchrow("SELECT target, detail FROM security_log")
    assert row is not None
    assert (row["target"], json.loads(row["detail"])) == ("ab?", {"agent": "x" * 500})


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM security_log",
        "TRUNCATE security_log",
        "UPDATE security_log SET actor = 'user:2' WHERE number IS NULL",
        "UPDATE security_log SET number = 7 WHERE number IS NOT NULL",
    ],
)
async def test_the_log_is_append_only(database: Database, chain: Run, sql: str) -> None:
    await act(database, "a", "b")
    await chain()
    await act(database, "c")
    async with database.connection() as connection:
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            await connection.execute(sql)
    assert await targets(database) == ["a", "b"]
