"""The test tokens and the ledger of the sandbox."""

import asyncio
from uuid import UUID

import pytest

from payments.contract.models import DeclineCode
from payments.domain import Operation
from payments.provider import (
    Approved,
    Authorization,
    Authorized,
    Declined,
    Hold,
    ProviderRefusedError,
    ProviderTimeoutError,
    ProviderUnavailableError,
)
from payments.sandbox import (
    TOK_APPROVE,
    TOK_DECLINE,
    TOK_ERROR_ONCE,
    TOK_INSUFFICIENT_FUNDS,
    TOK_SLOW,
    TOK_TIMEOUT_THEN_APPROVED,
    Sandbox,
)
from payments.sandbox_ledger import Charge, SandboxLedger
from waybill.ids import uuid7
from waybill.postgres import Database


@pytest.fixture
def migrated_url(migrated_module_url: str) -> str:
    """One database for all tests of this module: each test uses its own payments."""
    return migrated_module_url


@pytest.fixture
def sandbox(database: Database) -> Sandbox:
    return Sandbox(SandboxLedger(database), slow_seconds=0)


async def authorize(sandbox: Sandbox, token: str, payment_id: UUID | None = None) -> Authorized:
    wanted = Authorization(
        payment_id=payment_id or uuid7(), amount_minor=10, currency="GBP", token=token
    )
    return await sandbox.authorize(wanted, idempotency_key=f"{wanted.payment_id}:a")


async def held(sandbox: Sandbox) -> Hold:
    payment_id = uuid7()
    approved = await authorize(sandbox, TOK_APPROVE, payment_id)
    assert isinstance(approved, Approved)
    return Hold(
        payment_id=payment_id, amount_minor=10, currency="GBP", reference=approved.reference
    )


async def count(database: Database, payment_id: UUID, operation: Operation) -> int:
    sql = "select count(*) from sandbox.charges where payment_id = $1 and operation = $2"
    async with database.connection() as connection:
        return int(await connection.fetchval(sql, payment_id, operation))


@pytest.mark.parametrize(
    ("token", "code"),
    [
        (TOK_DECLINE, DeclineCode.CARD_DECLINED),
        (TOK_INSUFFICIENT_FUNDS, DeclineCode.INSUFFICIENT_FUNDS),
        ("tok_approved", DeclineCode.UNKNOWN_TOKEN),
    ],
)
async def test_token_is_declined_with_its_code(
    sandbox: Sandbox, token: str, code: DeclineCode
) -> None:
    assert await authorize(sandbox, token) == Declined(code)


@pytest.mark.parametrize("token", [TOK_APPROVE, TOK_SLOW])
async def test_token_is_approved(sandbox: Sandbox, token: str) -> None:
    assert isinstance(await authorize(sandbox, token), Approved)


async def test_nothing_is_entered_when_the_sandbox_fails_once(
    sandbox: Sandbox, database: Database
) -> None:
    payment_id = uuid7()
    with pytest.raises(ProviderUnavailableError):
        await authorize(sandbox, TOK_ERROR_ONCE, payment_id)
    assert await count(database, payment_id, Operation.AUTHORIZE) == 0
    assert isinstance(await authorize(sandbox, TOK_ERROR_ONCE, payment_id), Approved)


async def test_lost_response_is_repeated_after_a_restart_of_the_sandbox(
    sandbox: Sandbox, database: Database
) -> None:
    payment_id = uuid7()
    with pytest.raises(ProviderTimeoutError):
        await authorize(sandbox, TOK_TIMEOUT_THEN_APPROVED, payment_id)
    restarted = Sandbox(SandboxLedger(database), slow_seconds=0)
    assert isinstance(await authorize(restarted, TOK_TIMEOUT_THEN_APPROVED, payment_id), Approved)


async def test_second_charge_is_made_under_another_key(
    sandbox: Sandbox, database: Database
) -> None:
    """As a real provider does: only our idempotency keys prevent a second charge."""
    hold = await held(sandbox)
    await sandbox.capture(hold, idempotency_key=f"{hold.payment_id}:one")
    await sandbox.capture(hold, idempotency_key=f"{hold.payment_id}:two")
    assert await count(database, hold.payment_id, Operation.CAPTURE) == 2


async def test_captured_is_not_voided_and_voided_is_not_captured(sandbox: Sandbox) -> None:
    for first, second in ((sandbox.capture, sandbox.void), (sandbox.void, sandbox.capture)):
        hold = await held(sandbox)
        await first(hold, idempotency_key=f"{hold.payment_id}:1")
        with pytest.raises(ProviderRefusedError):
            await second(hold, idempotency_key=f"{hold.payment_id}:2")


async def test_other_charges_are_entered_when_the_caller_that_runs_the_statement_is_cancelled(
    database: Database,
) -> None:
    ledger = SandboxLedger(database)
    charges = [
        Charge(
            idempotency_key=str(uuid7()),
            operation=Operation.AUTHORIZE,
            payment_id=uuid7(),
            amount_minor=10,
            currency="GBP",
        )
        for _ in range(5)
    ]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(ledger.enter(charge)) for charge in charges]
        await asyncio.sleep(0)  # all have joined; the first one runs the statement
        tasks[0].cancel()
    assert tasks[0].cancelled()
    assert all(task.result() is not None for task in tasks[1:])
