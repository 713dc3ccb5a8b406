"""No answer has a secret that was given out before, or what is stored of one."""

import csv
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Collection, Iterator
from io import BytesIO, StringIO
from pathlib import Path
from typing import Final

import asyncpg
import httpx
import pytest

import identity
from identity.settings import IdentitySettings
from identity.testing.browser import PASSWORD, code_of, exchange, log_in, set_password
from identity.testing.people import ALICE, People

pytestmark = pytest.mark.usefixtures("shop")

LENGTH_MIN: Final = 16
"""Whatever is shorter is no digest and no cipher, and may stand in an answer by chance."""
_COLUMNS: Final = """
    select table_name, column_name from information_schema.columns
    where table_schema = 'public'
        and (data_type = 'bytea' or column_name ~ 'cipher|hash|digest|secret')
"""


def readable() -> list[str]:
    """The paths of all operations that read."""
    document = json.loads(
        Path(identity.__file__).with_name("contract").joinpath("openapi.json").read_bytes()
    )
    return [path for path, operations in document["paths"].items() if "get" in operations]


def written(value: str) -> Iterator[str]:
    """Yield how an answer could show a stored value; PostgreSQL writes bytes as \\x0a."""
    if not value.startswith("\\x"):
        yield value
        return
    raw = bytes.fromhex(value[2:])
    yield raw.hex()
    yield b64encode(raw).decode().rstrip("=")
    yield urlsafe_b64encode(raw).decode().rstrip("=")


async def stored(database_url: str) -> set[str]:
    """Return the digests, hashes and ciphers of the database, as an answer could show them."""
    connection, copied = await asyncpg.connect(database_url), BytesIO()
    try:
        for table, column in await connection.fetch(_COLUMNS):
            await connection.copy_from_table(table, columns=[column], output=copied, format="csv")
    finally:
        await connection.close()
    values = [row[0] for row in csv.reader(StringIO(copied.getvalue().decode())) if row]
    return {text for each in values if len(each) >= LENGTH_MIN for text in written(each)}


async def given_out(alice: httpx.AsyncClient, browser: httpx.AsyncClient, email: str) -> list[str]:
    """Have identity give out one secret of each kind."""
    body = {
        "user_id": str(ALICE),
        "name": "import",
        "scopes": ["orders:read"],
        "expires_in_days": 1,
    }
    key = (await alice.post("/v1/api-keys", json=body)).json()["api_key"]
    totp = (await alice.post("/v1/totp")).json()["secret"]
    tokens = (await exchange(browser, (await code_of(browser, email))["code"])).json()
    session = browser.cookies["waybill_session"]
    return [key, totp, tokens["refresh_token"], tokens["access_token"], session, PASSWORD]


async def answers_of(client: httpx.AsyncClient) -> dict[str, str]:
    """Return what a caller can read, by path."""
    answers = {path: await client.get(path) for path in readable()}
    return {path: f"{each.headers}\n{each.text}" for path, each in answers.items()}


def shown(answers: dict[str, str], secrets: Collection[str]) -> list[str]:
    return [path for path, text in answers.items() if any(each in text for each in secrets)]


async def test_no_answer_has_a_secret_or_what_is_stored_of_one(
    people: People,
    settings: IdentitySettings,
    alice: httpx.AsyncClient,
    administrator: httpx.AsyncClient,
    browser: httpx.AsyncClient,
) -> None:
    email = "alice@example.com"
    await set_password(people, await people.user(user_id=ALICE, email=email))
    secrets = await given_out(alice, browser, email)
    account = {"name": "importer", "scopes": ["orders:read"]}
    created = await administrator.post("/v1/service-accounts", json=account)
    secrets.append(created.json()["client_secret"])
    secrets += await stored(settings.database_url.get_secret_value())
    assert len(secrets) > 20
    assert len(readable()) > 15
    await log_in(browser, email)
    for caller in (alice, administrator, browser):
        answers = await answers_of(caller)
        assert shown(answers, secrets) == []
    assert "import" in (await alice.get("/v1/api-keys")).text
