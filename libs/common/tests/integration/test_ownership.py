"""A caller reaches its own resources only, whatever a handler forgets."""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import ClassVar

import httpx
import pytest
import pytest_asyncio
from pydantic import MISSING, BaseModel
from typing_extensions import override

from waybill.http import Answer, Call, Operation, Owner, OwnerRule, Parameter, mount
from waybill.http.access import Access, Principal
from waybill.http.application import Application
from waybill.http.probes import PROBES_MIN
from waybill.http.problems import Problem
from waybill.postgres import Database, Transaction
from waybill.postgres.migrations import migrate
from waybill.process.values import values_of

PRINCIPALS = {
    "alice": Principal("user:1", {"notes"}, {"customer_ref": "alice"}),
    "bob": Principal("user:2", {"notes"}, {"customer_ref": "bob"}),
    "clerk": Principal("user:3", {"notes", "notes:any"}),
    "robot": Principal("service:4", {"notes"}),
}


class Note(BaseModel):
    """A note of a customer; `customer_ref` is absent when nobody owns it."""

    text: str
    customer_ref: str | MISSING = MISSING


class NotePage(BaseModel):
    """Some notes."""

    items: list[Note]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteAnswer(Answer):
    """One note."""

    status: ClassVar[int] = 200
    body: Note


@dataclass(frozen=True, slots=True, kw_only=True)
class NotesAnswer(Answer):
    """Some notes."""

    status: ClassVar[int] = 200
    body: NotePage


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteNotFound(Problem):
    """There is no such note."""

    status: ClassVar[int] = 404
    slug: ClassVar[str] = "note-not-found"
    title: ClassVar[str] = "The note does not exist"


def _operation(name: str, place: str, **more: object) -> Operation:
    rule = OwnerRule(field="customer_ref", everybody="notes:any", place=place)  # type: ignore[arg-type]  # a test's short form
    details = {
        "method": "POST",
        "answers": (NoteAnswer, NotesAnswer, NoteNotFound),
        "scopes": ("notes",),
        **more,
    }
    return Operation(id=name.partition("/")[0], path=f"/{name}", owner=rule, **details)  # type: ignore[arg-type]  # as above


CUSTOMER_REF = Parameter(name="customer_ref", place="query", argument="customer_ref", type=str)
NUMBER = Parameter(name="number", place="path", argument="number", type=int, required=True)
OPERATIONS = (
    _operation("write", "body", body=Note),
    _operation("find", "query", method="GET", parameters=(CUSTOMER_REF,)),
    _operation("read", "resource", method="GET"),
    _operation("change", "resource"),
    _operation("change_once", "resource", idempotent=True),
    _operation("page", "resource", method="GET"),
    _operation("orphan", "resource", method="GET"),
    _operation("lookup/{number}", "resource", method="GET", parameters=(NUMBER,)),
)


class ForgetfulApi:
    """Handlers that ignore whose notes they may touch. The only note is bob's."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.owners: list[Owner] = []

    async def write(self, _call: Call, body: Note) -> NoteAnswer:
        return NoteAnswer(body=body)

    async def find(self, _call: Call, *, customer_ref: str | None) -> NoteAnswer:
        note = Note(text=f"those of {customer_ref}", customer_ref=customer_ref or "bob")
        return NoteAnswer(body=note)

    async def read(self, _call: Call, *, owner: Owner) -> NoteAnswer:
        self.owners.append(owner)
        return NoteAnswer(body=Note(text="secret", customer_ref="bob"))

    async def change(self, call: Call, **_owner: Owner) -> NoteAnswer:
        return await call.transact(self._database, self._change)

    async def change_once(self, call: Call, **_owner: Owner) -> NoteAnswer:
        return await call.idempotent(self._database, self._change)

    async def page(self, _call: Call, **_owner: Owner) -> NotesAnswer:
        notes = [Note(text=each, customer_ref=each) for each in ("alice", "bob")]
        return NotesAnswer(body=NotePage(items=notes))

    async def orphan(self, _call: Call, **_owner: Owner) -> NoteAnswer:
        return NoteAnswer(body=Note(text="nobody's"))

    async def lookup(self, _call: Call, *, owner: Owner, number: int) -> NoteNotFound:
        """Select by the owner: a note of bob is for alice as one that does not exist."""
        return NoteNotFound(detail=f"There is no note {number} of {owner.ref}.")

    async def _change(self, tx: Transaction) -> NoteAnswer:
        await tx.execute("UPDATE notes SET text = 'changed'")
        return NoteAnswer(body=Note(text="changed", customer_ref="bob"))


class NamedAccess(Access):
    """Knows callers by the name that they send as their Authorization."""

    @override
    async def identify(self, authorization: str | None) -> Principal:
        return PRINCIPALS[authorization or ""]


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    await migrate(database_url)
    opened = await Database.open(database_url)
    async with opened.connection() as connection:
        await connection.execute("CREATE TABLE notes (text text)")
        await connection.execute("INSERT INTO notes VALUES ('first')")
    yield opened
    await opened.close()


@pytest.fixture
def api(database: Database) -> ForgetfulApi:
    return ForgetfulApi(database)


@pytest_asyncio.fixture
async def client(api: ForgetfulApi) -> AsyncIterator[httpx.AsyncClient]:
    app = Application("notes")
    mount(app.router, api, OPERATIONS, NamedAccess())
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://notes.test") as opened:
        yield opened


async def ask(
    client: httpx.AsyncClient, method: str, path: str, caller: str, body: object = None
) -> httpx.Response:
    headers = {"Authorization": caller, "Idempotency-Key": "k"}
    return await client.request(method, path, json=body, headers=headers)


async def note(database: Database) -> str:
    async with database.connection() as connection:
        return str(await connection.fetchval("SELECT text FROM notes"))


def refusals(operation: str, reason: str) -> float:
    """Return how often an operation was refused for a reason."""
    return counted("waybill_owner_refusals_total", operation, reason)


def counted(name: str, *labels: str) -> float:
    return values_of("serving", ())[name][name, labels].value


async def test_body_in_the_name_of_another_owner_is_refused(client: httpx.AsyncClient) -> None:
    body = {"text": "x", "customer_ref": "bob"}
    before = refusals("write", "other_owner")
    refused = await ask(client, "POST", "/write", "alice", body)

    assert refused.status_code == 403
    assert refusals("write", "other_owner") == before + 1
    assert refused.json()["detail"] == (
        "customer_ref is not the caller's; others need the scope notes:any."
    )
    assert 'scope="notes:any"' in refused.headers["WWW-Authenticate"]
    for caller in ("bob", "clerk"):
        assert (await ask(client, "POST", "/write", caller, body)).status_code == 200


async def test_list_is_the_callers_own_when_it_names_no_owner(client: httpx.AsyncClient) -> None:
    assert (await ask(client, "GET", "/find", "alice")).json()["text"] == "those of alice"
    assert (await ask(client, "GET", "/find", "clerk")).json()["text"] == "those of None"
    assert (await ask(client, "GET", "/find?customer_ref=bob", "alice")).status_code == 403
    found = await ask(client, "GET", "/find?customer_ref=bob", "clerk")
    assert found.json()["text"] == "those of bob"


async def test_handler_gets_the_owner_when_the_request_names_none(
    client: httpx.AsyncClient, api: ForgetfulApi
) -> None:
    await ask(client, "GET", "/read", "bob")
    await ask(client, "GET", "/read", "clerk")

    assert api.owners == [Owner("bob"), Owner(None)]


async def test_caller_that_owns_nothing_is_refused(client: httpx.AsyncClient) -> None:
    before = refusals("read", "no_owner")
    refused = await ask(client, "GET", "/read", "robot")

    assert refused.status_code == 403
    assert refused.json()["detail"] == (
        "The caller has no customer_ref and lacks the scope notes:any."
    )
    assert refusals("read", "no_owner") == before + 1


@pytest.mark.parametrize("path", ["/read", "/page", "/orphan"])
async def test_answer_with_a_resource_of_another_owner_is_not_sent(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    before = refusals(path[1:], "answer")
    with caplog.at_level(logging.ERROR):
        refused = await ask(client, "GET", path, "alice")

    assert (refused.status_code, refused.json()["type"]) == (
        404,
        "urn:waybill:problem:note-not-found",
    )
    assert f"operation {path[1:]} answered with a resource of another customer_ref" in caplog.text
    assert refusals(path[1:], "answer") == before + 1
    assert (await ask(client, "GET", path, "clerk")).status_code == 200


@pytest.mark.parametrize("path", ["/change", "/change_once"])
async def test_change_of_a_resource_of_another_owner_is_rolled_back(
    client: httpx.AsyncClient, database: Database, path: str
) -> None:
    assert (await ask(client, "POST", path, "alice")).status_code == 404
    assert await note(database) == "first"

    assert (await ask(client, "POST", path, "bob")).status_code == 200
    assert await note(database) == "changed"


async def test_a_404_is_counted_for_a_caller_with_an_owner_only(client: httpx.AsyncClient) -> None:
    before = refusals("lookup", "not_found")
    for caller in ("alice", "clerk"):
        assert (await ask(client, "GET", "/lookup/1", caller)).status_code == 404
    assert refusals("lookup", "not_found") == before + 1


async def test_a_caller_that_asks_for_many_resources_is_named_once(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    before = counted("waybill_owner_probes_total")
    with caplog.at_level(logging.WARNING):
        for number in range(PROBES_MIN + 10):
            await ask(client, "GET", f"/lookup/{number}", "bob")
            await ask(client, "GET", "/lookup/1", "alice")
            await ask(client, "GET", f"/lookup/{number}", "clerk")
    [named] = [each.getMessage() for each in caplog.records if "asked for" in each.getMessage()]
    assert named == (
        "caller user:2 asked for 50 different resources within 600 s that belong to others or do"
        " not exist"
    )
    assert counted("waybill_owner_probes_total") == before + 1
