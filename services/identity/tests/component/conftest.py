from collections.abc import AsyncIterator

import httpx
import pytest_asyncio

from identity.domain import Client
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
