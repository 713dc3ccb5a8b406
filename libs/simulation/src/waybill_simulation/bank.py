"""The simulated payment provider, behind an unreliable network."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
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
    ProviderUnavailableError,
    Settled,
)
from payments.sandbox import TOK_DECLINE
from waybill_simulation.network import Network, here, resolve


@dataclass(frozen=True, slots=True)
class Charge:
    """One stored call of the provider."""

    operation: Operation
    payment_id: UUID
    amount_minor: int
    answer: Approved | Declined


@dataclass
class Bank:
    """The stored calls, by idempotency key."""

    network: Network
    faults: float
    charges: dict[str, Charge] = field(default_factory=dict)

    def enter(
        self, operation: Operation, payment_id: UUID, amount_minor: int, key: str, *, declined: bool
    ) -> Approved | Declined | Exception:
        """Execute a call once for each key; `payments.sandbox_ledger` says what is declined."""
        known = self.charges.get(key)
        if known is not None:
            return known.answer
        if not self._is_possible(operation, payment_id, amount_minor):
            return ProviderRefusedError(f"cannot {operation}")
        answer: Approved | Declined = (
            Declined(DeclineCode.CARD_DECLINED)
            if declined
            else Approved(f"bank-{len(self.charges)}")
        )
        self.charges[key] = Charge(operation, payment_id, amount_minor, answer)
        return answer

    def _is_possible(self, operation: Operation, payment_id: UUID, amount_minor: int) -> bool:
        if operation is Operation.AUTHORIZE:
            return True
        done = {
            charge.operation
            for charge in self.charges.values()
            if charge.payment_id == payment_id
            and isinstance(charge.answer, Approved)
            and charge.amount_minor == amount_minor
        }
        if operation is Operation.REFUND:
            return Operation.CAPTURE in done
        other = Operation.VOID if operation is Operation.CAPTURE else Operation.CAPTURE
        return Operation.AUTHORIZE in done and other not in done


class BankLine(Provider):
    """The connection to the provider: requests and responses are lost or delayed."""

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self._network = bank.network
        self._machine = here()

    @override
    async def authorize(self, wanted: Authorization, *, idempotency_key: str) -> Authorized:
        declined = wanted.token == TOK_DECLINE
        operation = Operation.AUTHORIZE
        return await self._ask(
            operation, wanted.payment_id, wanted.amount_minor, idempotency_key, declined=declined
        )

    @override
    async def capture(self, hold: Hold, *, idempotency_key: str) -> Settled:
        return await self._settle(Operation.CAPTURE, hold, idempotency_key)

    @override
    async def void(self, hold: Hold, *, idempotency_key: str) -> Settled:
        return await self._settle(Operation.VOID, hold, idempotency_key)

    @override
    async def refund(self, hold: Hold, *, idempotency_key: str) -> Settled:
        return await self._settle(Operation.REFUND, hold, idempotency_key)

    async def _settle(self, operation: Operation, hold: Hold, key: str) -> Approved:
        answer = await self._ask(operation, hold.payment_id, hold.amount_minor, key, declined=False)
        if isinstance(answer, Declined):
            raise TypeError("only authorizations are declined")
        return answer

    async def _ask(
        self, operation: Operation, payment_id: UUID, amount_minor: int, key: str, *, declined: bool
    ) -> Approved | Declined:
        random, faults = self._network.random, self._bank.faults
        future = self._network.loop.create_future()
        self._network.say(self._machine.name, "bank", f"{operation}")
        if random.random() < faults:
            await self._network.sleep(self._network.hop())
            raise ProviderUnavailableError("the line is dead")
        late = random.random() * 12 if random.random() < faults else 0.0
        enter = partial(
            self._bank.enter, operation, payment_id, amount_minor, key, declined=declined
        )
        self._network.deliver(self._network.hop() + late, self._arrived, operation, enter, future)
        answer: Approved | Declined = await future
        return answer

    def _arrived(
        self,
        operation: Operation,
        enter: Callable[[], Approved | Declined | Exception],
        future: "asyncio.Future[Approved | Declined]",
    ) -> None:
        answer = enter()
        self._network.say("bank", self._machine.name, f"{operation}: {type(answer).__name__}")
        if self._network.random.random() >= self._bank.faults:
            self._network.deliver(self._network.hop(), resolve, future, answer)
