"""A payment provider in memory."""

import asyncio
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from typing_extensions import override

from payments.contract.models import DeclineCode
from payments.domain import Operation
from payments.provider import (
    Approved,
    Authorization,
    Authorized,
    Declined,
    Hold,
    Provider,
    ProviderRefusedError,
    ProviderTimeoutError,
    Settled,
)
from payments.sandbox import TOK_DECLINE, TOK_TIMEOUT_THEN_APPROVED

_NEEDS: Final = {
    Operation.CAPTURE: Operation.AUTHORIZE,
    Operation.VOID: Operation.AUTHORIZE,
    Operation.REFUND: Operation.CAPTURE,
}


class Gate:
    """Blocks the calls of one operation after the provider has done it and before it responds."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self._open = asyncio.Event()

    def open(self) -> None:
        """Release the waiting calls and all later ones."""
        self._open.set()

    async def pass_through(self) -> None:
        """Wait until the gate is open."""
        self.reached.set()
        await self._open.wait()


@dataclass(frozen=True, slots=True)
class FakeLedger:
    """The operations of a provider, by idempotency key and by payment."""

    done: dict[str, Approved | Declined] = field(default_factory=dict)
    approved: set[tuple[UUID, Operation]] = field(default_factory=set)


class FakeProvider(Provider):
    """A provider in memory. It knows the sandbox's tokens to approve, decline and time out."""

    def __init__(self, ledger: FakeLedger | None = None) -> None:
        self.ledger = ledger or FakeLedger()
        self.calls: list[str] = []
        """The idempotency key of each call, in order."""
        self.gates: dict[Operation, Gate] = {}
        self.refuses: set[Operation] = set()
        self._called = asyncio.Event()

    async def wait_for_calls(self, times: int) -> None:
        """Wait until the provider has received that many calls."""
        while len(self.calls) < times:
            await self._called.wait()
            self._called.clear()

    def gate(self, operation: Operation) -> Gate:
        """Block calls of this operation at a gate."""
        return self.gates.setdefault(operation, Gate())

    @override
    async def authorize(self, wanted: Authorization, *, idempotency_key: str) -> Authorized:
        known = idempotency_key in self.ledger.done
        declined = Declined(DeclineCode.CARD_DECLINED) if wanted.token == TOK_DECLINE else None
        answer = await self._do(Operation.AUTHORIZE, wanted.payment_id, idempotency_key, declined)
        if wanted.token == TOK_TIMEOUT_THEN_APPROVED and not known:
            raise ProviderTimeoutError("the response was lost")
        return answer

    @override
    async def capture(self, hold: Hold, *, idempotency_key: str) -> Settled:
        return await self._settle(Operation.CAPTURE, hold, idempotency_key)

    @override
    async def void(self, hold: Hold, *, idempotency_key: str) -> Settled:
        return await self._settle(Operation.VOID, hold, idempotency_key)

    @override
    async def refund(self, hold: Hold, *, idempotency_key: str) -> Settled:
        return await self._settle(Operation.REFUND, hold, idempotency_key)

    async def _settle(self, operation: Operation, hold: Hold, idempotency_key: str) -> Settled:
        possible = (hold.payment_id, _NEEDS[operation]) in self.ledger.approved
        if operation in self.refuses or not possible:
            self._count(idempotency_key)
            raise ProviderRefusedError(f"cannot {operation}")
        answer = await self._do(operation, hold.payment_id, idempotency_key, None)
        if isinstance(answer, Declined):
            raise TypeError("only authorizations are declined")
        return answer

    async def _do(
        self, operation: Operation, payment_id: UUID, key: str, declined: Declined | None
    ) -> Approved | Declined:
        self._count(key)
        answer = self.ledger.done.setdefault(key, declined or Approved(f"fake-{key}"))
        if isinstance(answer, Approved):
            self.ledger.approved.add((payment_id, operation))
        if operation in self.gates:
            await self.gates[operation].pass_through()
        return answer

    def _count(self, key: str) -> None:
        self.calls.append(key)
        self._called.set()
