from collections.abc import AsyncIterator, Callable
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from identity.commands.log_in import LogIn
from identity.domain import Client
from identity.passwords import Passwords
from identity.testing.browser import set_password
from identity.testing.people import People
from identity.vault import Vault
from waybill.clock import SystemClock
from waybill.ids import uuid7
from waybill.postgres import Database


@pytest_asyncio.fixture
async def people(its_database: Database, vault: Vault) -> People:
    return People(its_database, vault, SystemClock().now())


@pytest_asyncio.fixture
async def shop(people: People) -> Client:
    return await people.client()


@pytest_asyncio.fixture
async def browser(stranger: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """A client that keeps cookies and follows no redirect."""
    yield stranger


@pytest_asyncio.fixture
async def email(people: People) -> str:
    """The address of a new user with a password."""
    address = f"{uuid7().hex}@example.com"
    user_id = await people.user(email=address)
    await set_password(people, user_id)
    return address


@pytest.fixture
def log_in(its_database: Database, vault: Vault) -> LogIn:
    return LogIn(its_database, vault, Passwords())


@pytest.fixture
def mails(secrets: dict[str, str]) -> Callable[[str], list[str]]:
    """The texts of the mails to an address, oldest first."""

    def read(address: str) -> list[str]:
        found = sorted(Path(secrets["mail_folder"]).glob("*.eml"))
        parsed = [message_from_bytes(path.read_bytes(), policy=default) for path in found]
        return [str(each.get_content()) for each in parsed if each["To"] == address]

    return read
