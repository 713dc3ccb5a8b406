"""Idempotency keys, from HTTP down to a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar, TypeAlias

import httpx
import pytest
import pytest_asyncio
from pydantic import BaseModel
from typing_extensions import override

from waybill.app import Application
from waybill.http import Answer, Call, Operation, Parameter, mount
from waybill.http.access import Access, Principal
from waybill.http.idempotency import KeyedRequest, StoredAnswer, delete_after, store
from waybill.http.problems import Problem
from waybill.postgres import ConcurrencyConflictError, Database, Transaction
from waybill.postgres.migrations import migrate


class Transfer(BaseModel):
    amount: int
    note: str = ""


class Done(BaseModel):
    number: int


@dataclass(frozen=True, slots=True)
class Transfer201(Answer):
    status: ClassVar[int] = 201
    body: Done
    location: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TooMuch(Problem):
    status: ClassVar[int] = 409
    slug: ClassVar[str] = "too-much"
    title: ClassVar[str] = "It is more than there is"


TransferResult: TypeAlias = Transfer201 | TooMuch

OPERATIONS = (
    Operation(
        id="transfer",
        method="POST",
        path="/v1/accounts/{account}/transfers",
        idempotent=True,
        body=Transfer,
        parameters=(
            Parameter(name="account", place="path", argument="account", type=str, required=True),
        ),
        answers=(Transfer201, TooMuch),
    ),
)


class Api:
    """Does its work in SQL; what comes between the work and its end is up to the test."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.started = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.mishap: str | None = None

    async def transfer(self, call: Call, body: Transfer, *, account: str) -> TransferResult:
        async def run(tx: Transaction) -> TransferResult:
            number = await tx.fetchval(
                "INSERT INTO transfers (account, amount) VALUES ($1, $2) RETURNING number",
                account,
                body.amount,
            )
            self.started.set()
            await self.go_on.wait()
            if self.mishap is not None:
                await tx.execute(self.mishap)
            if body.amount > 100:
                return TooMuch(detail="No.")
            return Transfer201(body=Done(number=number), location=f"/v1/transfers/{number}")

        return await call.idempotent(self._database, run)


class NamedAccess(Access):
    @override
    async def identify(self, authorization: str | None) -> Principal:
        return Principal(authorization or "anybody", frozenset())


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    await migrate(database_url)
    opened = await Database.open(database_url)
    async with opened.connection() as connection:
        await connection.execute(
            "CREATE TABLE transfers (number serial PRIMARY KEY, account text, amount int)"
        )
    yield opened
    await opened.close()


@pytest.fixture
def api(database: Database) -> Api:
    return Api(database)


@pytest_asyncio.fixture
async def client(api: Api) -> AsyncIterator[httpx.AsyncClient]:
    app = Application("bank")
    mount(app.router, api, OPERATIONS, NamedAccess())
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://bank.test") as opened:
        yield opened


async def transfers(database: Database) -> list[int]:
    async with database.connection() as connection:
        rows = await connection.fetch("SELECT amount FROM transfers ORDER BY number")
    return [row["amount"] for row in rows]


async def post(
    client: httpx.AsyncClient, body: object = None, *, account: str = "a", **headers: str
) -> httpx.Response:
    return await client.post(
        f"/v1/accounts/{account}/transfers",
        json={"amount": 1} if body is None else body,
        headers={"Idempotency-Key": "k", **headers},
    )


async def test_same_answer_and_no_second_effect_when_a_request_is_repeated(
    client: httpx.AsyncClient, database: Database
) -> None:
    first, second = await post(client), await post(client)
    assert first.status_code == second.status_code == 201
    assert second.content == first.content
    assert second.headers["location"] == first.headers["location"]
    assert second.headers["content-type"] == "application/json"
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert await transfers(database) == [1]


async def test_same_answer_when_the_body_is_only_spelled_otherwise(
    client: httpx.AsyncClient, database: Database
) -> None:
    await post(client, {"amount": 1, "note": "é"})
    response = await client.post(
        "/v1/accounts/a/transfers",
        content=b' {"note": "\\u00e9", "amount": 1}',
        headers={"Idempotency-Key": "k", "content-type": "application/json"},
    )
    assert response.headers["idempotent-replayed"] == "true"
    assert await transfers(database) == [1]


@pytest.mark.parametrize(("body", "account"), [({"amount": 2}, "a"), ({"amount": 1}, "b")])
async def test_refused_when_the_key_comes_with_another_request(
    client: httpx.AsyncClient, database: Database, body: dict[str, int], account: str
) -> None:
    await post(client)
    response = await post(client, body, account=account)
    assert response.status_code == 422
    assert response.json()["type"] == "urn:waybill:problem:idempotency-key-reused"
    assert await transfers(database) == [1]


async def test_keys_of_two_callers_are_two_keys(
    client: httpx.AsyncClient, database: Database
) -> None:
    await post(client, authorization="ann")
    response = await post(client, {"amount": 2}, authorization="bob")
    assert response.status_code == 201
    assert await transfers(database) == [1, 2]


async def test_refused_while_the_first_request_is_running(
    client: httpx.AsyncClient, api: Api, database: Database
) -> None:
    api.go_on.clear()
    async with asyncio.TaskGroup() as group:
        first = group.create_task(post(client))
        await api.started.wait()
        second = await post(client)
        api.go_on.set()
    assert second.status_code == 409
    assert second.json()["type"] == "urn:waybill:problem:idempotency-key-in-use"
    assert int(second.headers["retry-after"]) >= 1
    assert first.result().status_code == 201
    assert (await post(client)).content == first.result().content
    assert await transfers(database) == [1]


async def test_one_effect_when_many_requests_come_at_once(
    client: httpx.AsyncClient, database: Database
) -> None:
    responses = await asyncio.gather(*(post(client) for _ in range(50)))
    assert {each.status_code for each in responses} <= {201, 409}
    answered = [each for each in responses if each.status_code == 201]
    assert len({each.content for each in answered}) == 1
    assert sum("idempotent-replayed" not in each.headers for each in answered) == 1
    assert await transfers(database) == [1]


async def test_nothing_is_kept_when_the_answer_is_a_problem(
    client: httpx.AsyncClient, database: Database
) -> None:
    response = await post(client, {"amount": 101})
    assert response.json()["type"] == "urn:waybill:problem:too-much"
    assert await transfers(database) == []
    assert (await post(client, {"amount": 100})).status_code == 201


async def test_nothing_is_kept_when_the_handler_fails(
    client: httpx.AsyncClient, api: Api, database: Database
) -> None:
    api.mishap = "SELECT 1 / 0"
    assert (await post(client)).status_code == 500
    assert await transfers(database) == []
    api.mishap = None
    assert (await post(client)).status_code == 201


async def test_nothing_is_kept_when_the_connection_is_cut_before_the_commit(
    client: httpx.AsyncClient, api: Api, database: Database
) -> None:
    api.mishap = "SELECT pg_terminate_backend(pg_backend_pid())"
    response = await post(client)
    assert response.status_code == 503
    assert response.json()["type"] == "urn:waybill:problem:unavailable"
    assert int(response.headers["retry-after"]) >= 1
    assert await transfers(database) == []
    api.mishap = None
    assert (await post(client)).status_code == 201
    assert await transfers(database) == [1]


async def test_answer_is_not_kept_twice_when_the_first_commit_came_unseen(
    database: Database,
) -> None:
    request = KeyedRequest("ann", "transfer", "k", b"f")
    answer = StoredAnswer(201, (("location", "/"),), b"{}")
    async with database.transaction() as tx:
        await store(tx, [(request, answer)])
    with pytest.raises(ConcurrencyConflictError):
        async with database.transaction() as tx:
            await store(tx, [(request, answer)])


async def test_old_answers_are_forgotten_a_few_at_a_time(database: Database) -> None:
    async with database.transaction() as tx:
        answer = StoredAnswer(200, (), b"")
        await store(tx, [(KeyedRequest("ann", "o", key, b"f"), answer) for key in "abc"])
    take = delete_after(timedelta(days=1))
    later = datetime.now(UTC) + timedelta(days=1, minutes=1)  # noqa: TID251 (the rows have the server's time)
    async with database.transaction() as tx:
        assert await take(tx, later - timedelta(hours=1), 10) == 0
        assert [await take(tx, later, 2) for _ in range(3)] == [2, 1, 0]
