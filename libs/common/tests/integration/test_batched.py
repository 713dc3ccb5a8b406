"""Many requests in one transaction on a real PostgreSQL: each once, each with its own answer."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

import httpx
import pytest
import pytest_asyncio
from pydantic import BaseModel
from typing_extensions import override

from waybill.app import Application
from waybill.http import Answer, BatchedOperation, BatchedRequest, Call, Operation, mount
from waybill.http.access import Access, Principal
from waybill.http.problems import Problem
from waybill.postgres import Database, Transaction
from waybill.postgres.migrations import migrate
from waybill_toolkit.testing.eventually import eventually


class Deposit(BaseModel):
    amount: int


@dataclass(frozen=True, slots=True)
class Deposit201(Answer):
    status: ClassVar[int] = 201
    body: Deposit


@dataclass(frozen=True, slots=True, kw_only=True)
class TooMuch(Problem):
    status: ClassVar[int] = 409
    slug: ClassVar[str] = "too-much"
    title: ClassVar[str] = "It is more than there is"


DepositResult: TypeAlias = Deposit201 | TooMuch

OPERATIONS = (
    Operation(
        id="deposit",
        method="POST",
        path="/v1/deposits",
        idempotent=True,
        body=Deposit,
        answers=(Deposit201, TooMuch),
    ),
)


class Api:
    def __init__(self, database: Database) -> None:
        self._joint = BatchedOperation(database, self._deposit_all)
        self.arrived = 0
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()
        self.rounds: list[int] = []
        self.most = 100

    async def deposit(self, call: Call, body: Deposit) -> DepositResult:
        self.arrived += 1
        return await self._joint.run(call, body)

    async def _deposit_all(
        self, tx: Transaction, asked: Sequence[BatchedRequest[Deposit]]
    ) -> Sequence[DepositResult]:
        self.rounds.append(len(asked))
        self.begun.set()
        await self.go_on.wait()
        accepted = [each.body.amount for each in asked if each.body.amount <= self.most]
        await tx.execute("INSERT INTO deposits SELECT unnest($1::int[])", accepted)
        return [
            Deposit201(body=each.body) if each.body.amount <= self.most else TooMuch(detail="No.")
            for each in asked
        ]


class Everybody(Access):
    @override
    async def identify(self, authorization: str | None) -> Principal:
        return Principal(authorization or "anybody", frozenset())


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    await migrate(database_url)
    opened = await Database.open(database_url)
    async with opened.connection() as connection:
        await connection.execute("CREATE TABLE deposits (amount int CHECK (amount <> 13))")
    yield opened
    await opened.close()


@pytest.fixture
def api(database: Database) -> Api:
    return Api(database)


@pytest_asyncio.fixture
async def client(api: Api) -> AsyncIterator[httpx.AsyncClient]:
    app = Application("bank")
    mount(app.router, api, OPERATIONS, Everybody())
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://bank.test"
    ) as opened:
        yield opened


async def deposits(database: Database) -> list[int]:
    async with database.connection() as connection:
        rows = await connection.fetch("SELECT amount FROM deposits ORDER BY amount")
    return [row["amount"] for row in rows]


async def together(
    api: Api, client: httpx.AsyncClient, *asked: tuple[str, int]
) -> list[httpx.Response]:
    """Send one request that holds the first round, then these, which share the next ones."""

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(post(client, "holder", 0))
        await api.begun.wait()
        answers = [tasks.create_task(post(client, *each)) for each in asked]

        async def arrived() -> int:
            return api.arrived

        await eventually(
            f"{len(asked)} requests behind the first",
            arrived,
            lambda count: count == 1 + len(asked),
            fails=lambda _: any(answer.done() for answer in answers),
        )
        api.go_on.set()
    return [answer.result() for answer in answers]


async def test_requests_share_a_transaction_and_each_gets_its_own_answer(
    api: Api, client: httpx.AsyncClient, database: Database
) -> None:
    answers = await together(api, client, ("a", 1), ("b", 101), ("c", 3))
    assert [answer.status_code for answer in answers] == [201, 409, 201]
    assert answers[2].json() == {"amount": 3}
    assert api.rounds == [1, 3, 3]
    assert await deposits(database) == [0, 1, 3]


async def test_a_request_that_fails_the_transaction_does_not_affect_the_others(
    api: Api, client: httpx.AsyncClient, database: Database
) -> None:
    answers = await together(api, client, ("a", 1), ("b", 13), ("c", 3))
    assert [answer.status_code for answer in answers] == [201, 500, 201]
    assert api.rounds == [1, 3, 1, 1, 1]
    assert await deposits(database) == [0, 1, 3]


async def test_one_effect_when_a_key_comes_twice_in_a_round_and_again_later(
    api: Api, client: httpx.AsyncClient, database: Database
) -> None:
    answers = await together(api, client, ("a", 1), ("a", 1), ("holder", 5))
    assert [answer.status_code for answer in answers] == [201, 409, 422]
    assert answers[1].json()["type"] == "urn:waybill:problem:idempotency-key-in-use"
    again = await client.post("/v1/deposits", json={"amount": 1}, headers={"Idempotency-Key": "a"})
    assert (again.content, again.headers["idempotent-replayed"]) == (answers[0].content, "true")
    assert await deposits(database) == [0, 1]


async def test_one_effect_and_one_answer_when_two_replicas_have_a_request_at_once(
    database: Database,
) -> None:
    both_looked = asyncio.Barrier(2)
    rounds = 0

    class Replica(Api):
        @override
        async def _deposit_all(
            self, tx: Transaction, asked: Sequence[BatchedRequest[Deposit]]
        ) -> Sequence[DepositResult]:
            nonlocal rounds
            rounds += 1
            await both_looked.wait()
            self.go_on.set()
            return await super()._deposit_all(tx, asked)

    answers = await asyncio.gather(*(_post_to(Replica(database)) for _ in range(2)))
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 1
    assert rounds == 2
    assert await deposits(database) == [5]


async def test_what_was_done_is_answered_again_when_it_would_be_refused_by_now(
    api: Api, client: httpx.AsyncClient, database: Database
) -> None:
    api.go_on.set()
    first = await post(client, "a", 50)
    api.most = 10
    again = await post(client, "a", 50)
    assert (again.status_code, again.content) == (201, first.content)
    assert (await post(client, "b", 50)).status_code == 409
    assert await deposits(database) == [50]


async def test_keys_are_checked_before_the_work_only_after_retried_requests(
    api: Api, client: httpx.AsyncClient
) -> None:
    api.go_on.set()

    async def rounds_for(key: str) -> int:
        before = len(api.rounds)
        assert (await post(client, key, 1)).status_code == 201
        return len(api.rounds) - before

    assert await rounds_for("new") == 1
    assert await rounds_for("new") == 1, "executed, rolled back, and checked"
    assert await rounds_for("new") == 0, "looked for at once"
    assert await rounds_for("another") == 1


async def post(client: httpx.AsyncClient, key: str, amount: int) -> httpx.Response:
    headers = {"Idempotency-Key": key}
    return await client.post("/v1/deposits", json={"amount": amount}, headers=headers)


async def _post_to(api: Api) -> httpx.Response:
    app = Application("bank")
    mount(app.router, api, OPERATIONS, Everybody())
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://bank.test") as client:
        return await post(client, "a", 5)


async def test_many_at_once_are_each_done_once(
    api: Api, client: httpx.AsyncClient, database: Database
) -> None:
    answers = await together(api, client, *((str(number), number) for number in range(14, 94)))
    assert {answer.status_code for answer in answers} == {201}
    assert await deposits(database) == [0, *range(14, 94)]
    assert len(api.rounds) == 3
