"""Which sagas a service can have."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from pydantic import BaseModel
from typing_extensions import override

from waybill.clock import SystemClock
from waybill.postgres import Transaction
from waybill.saga import Saga, Sagas, SagaStore, SagaTransition, Step


class Done(BaseModel):
    pass


class Numbers(SagaStore[int, Done]):
    select = "select 1 as saga_id"

    @override
    def read(self, row: Any) -> int:
        return 1

    @override
    async def apply_transitions(
        self, tx: Transaction, moves: Sequence[SagaTransition[int, Done]]
    ) -> None:
        pass


def _saga(name: str, version: int = 1) -> Saga[int, Done]:
    step: Step[int, Done] = Step(
        name="only", command=lambda _: Done(), done=Done, deadline=timedelta(minutes=1)
    )
    return Saga(name, version, (step,))


def test_two_sagas_of_one_name_are_refused() -> None:
    sagas = Sagas(SystemClock())
    sagas.add(Numbers(), _saga("buy"))
    with pytest.raises(ValueError, match="two sagas buy"):
        sagas.add(Numbers(), _saga("buy", 2))


@pytest.mark.parametrize(
    ("versions", "message"),
    [
        ([], "a saga has versions, all of one name"),
        ([_saga("buy"), _saga("sell", 2)], r"not \['buy', 'sell'\]"),
        ([_saga("buy"), _saga("buy")], "two definitions are of one version"),
    ],
)
def test_versions_that_are_not_those_of_one_saga_are_refused(
    versions: list[Saga[int, Done]], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Sagas(SystemClock()).add(Numbers(), *versions)
