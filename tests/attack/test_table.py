"""The table of attacks is complete, and its tests and guards exist."""

import ast
import importlib.util
from pathlib import Path

import pytest
from tests.attack.guards import Guard, read_guards
from tests.attack.named_tests import ROOT, id_of, names, read_attacks

ATTACKS = {each.number: each for each in read_attacks()}
GUARDS = read_guards()


def test_every_attack_is_in_the_table_once() -> None:
    assert [each.number for each in read_attacks()] == list(range(1, 86))


def test_every_attack_has_a_test_or_says_what_is_missing() -> None:
    lacking = [each.number for each in ATTACKS.values() if not each.tests and not each.open]
    assert lacking == []


def test_every_named_test_is_used() -> None:
    assert {name for each in ATTACKS.values() for name in each.tests} == names()


@pytest.mark.parametrize("name", sorted(names()))
def test_named_test_exists(name: str) -> None:
    path, *steps = id_of(name).split("::")
    node: ast.Module | ast.ClassDef = ast.parse((ROOT / path).read_text("utf-8"))
    for step in steps:
        found = [each for each in node.body if getattr(each, "name", None) == step]
        assert len(found) == 1, f"{path} has no {step}"
        if isinstance(found[0], ast.ClassDef):
            node = found[0]


def test_every_tried_attack_is_proved_by_taking_a_guard_out() -> None:
    proved = {number for each in GUARDS for number in each.proofs}
    assert proved == {each.number for each in ATTACKS.values() if each.tests}


@pytest.mark.parametrize("guard", GUARDS, ids=lambda each: each.name)
def test_guard_is_where_the_table_says(guard: Guard) -> None:
    for change in guard.changes:
        spec = importlib.util.find_spec(change.module)
        assert spec is not None
        assert spec.origin is not None
        assert Path(spec.origin).read_text("utf-8").count(change.text) == 1
        assert change.text != change.instead
    for number, tests in guard.proofs.items():
        assert set(tests) <= set(ATTACKS[number].tests)
