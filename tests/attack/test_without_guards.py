"""Each attack succeeds when its guard is taken out: `make attack`, some minutes."""

import os

import pytest
from tests.attack.guards import Guard, failing_without, read_guards
from tests.attack.named_tests import id_of

pytestmark = pytest.mark.skipif(
    "WAYBILL_ATTACK" not in os.environ, reason="takes minutes: make attack"
)


@pytest.mark.parametrize("guard", read_guards(), ids=lambda each: each.name)
def test_attack_succeeds_without_its_guard(guard: Guard) -> None:
    failed, output = failing_without(guard, map(id_of, guard.tests))
    harmless = [
        (number, name)
        for number, tests in guard.proofs.items()
        for name in tests
        if id_of(name) not in failed
    ]
    assert harmless == [], output[-4000:]
