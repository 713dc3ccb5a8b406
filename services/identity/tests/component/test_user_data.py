"""Users get what is stored of them, and nobody else but an administrator does."""

import httpx
import pytest_asyncio

from identity.commands.erase_user import erase_user
from identity.consents import add_consent
from identity.testing.people import ALICE, BOB, People
from identity.vault import Vault
from waybill.clock import SystemClock
from waybill.postgres import Database

EMAIL = "Alice@Example.com"


@pytest_asyncio.fixture(autouse=True)
async def people(its_database: Database, vault: Vault) -> People:
    people = People(its_database, vault, SystemClock().now())
    await people.user(user_id=ALICE, email=EMAIL)
    await people.user(user_id=BOB)
    return people


async def test_a_user_gets_what_is_stored_and_it_is_recorded(
    people: People, alice: httpx.AsyncClient, its_database: Database
) -> None:
    await people.client()
    async with its_database.transaction() as tx:
        await add_consent(tx, ALICE, "shop", ["orders:read"], people.now)

    answer = await alice.get(f"/v1/users/{ALICE}")

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    found = answer.json()
    times = found.pop("created_at"), found["permissions"][0].pop("given_at")
    assert all(times)
    assert found == {
        "user_id": str(ALICE),
        "customer_ref": f"cus_{ALICE.hex}",
        "email": EMAIL,
        "status": "active",
        "roles": ["customer"],
        "has_totp": False,
        "permissions": [{"client_id": "shop", "scopes": ["orders:read"]}],
    }
    async with its_database.connection() as connection:
        actor = await connection.fetchval(
            "select actor from security_log where action = 'user.read' and target = $1", str(ALICE)
        )
    assert actor == f"user:{ALICE}"


async def test_another_user_gets_nothing_and_nothing_is_recorded(
    bob: httpx.AsyncClient, its_database: Database
) -> None:
    async with its_database.connection() as connection:
        count = "select count(*) from security_log where action = 'user.read'"
        before = await connection.fetchval(count)
        assert (await bob.get(f"/v1/users/{ALICE}")).status_code == 404
        assert await connection.fetchval(count) == before


async def test_an_administrator_gets_every_user_until_it_is_erased(
    people: People, administrator: httpx.AsyncClient, its_database: Database
) -> None:
    user_id = await people.user("administrator", email="ann@example.com")
    found = await administrator.get(f"/v1/users/{user_id}")
    assert (found.json()["email"], found.json()["roles"]) == ("ann@example.com", ["administrator"])

    async with its_database.transaction() as tx:
        tx.actor = "system"
        await erase_user(tx, user_id, now=people.now)

    gone = await administrator.get(f"/v1/users/{user_id}")
    assert gone.status_code == 404
    assert "ann" not in gone.text
