"""An exclusion covers what it names, and nothing else."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from waybill_toolkit.lab.conformance.exclusions import Exclusions, Failed
from waybill_toolkit.lab.conformance.run import EXCLUSIONS

TREE = Path(__file__).parents[5]
CURSOR = {"pointer": "/query/cursor", "code": "cursor", "detail": "No."}
REFUSED = Failed(
    ("positive_data_acceptance",),
    "list_orders",
    {"type": "urn:waybill:problem:invalid-parameters", "errors": [CURSOR]},
)


def covered(**changes: Any) -> bool:
    return Exclusions.read(TREE / EXCLUSIONS).cover(replace(REFUSED, **changes))


def test_the_failure_that_an_exclusion_names_is_covered() -> None:
    assert covered()


@pytest.mark.parametrize(
    "changes",
    [
        {"checks": ("negative_data_rejection",)},
        {"problem": {}},
        {"problem": {**REFUSED.problem, "type": "urn:waybill:problem:internal"}},
        {"problem": {**REFUSED.problem, "errors": []}},
        {"problem": {**REFUSED.problem, "errors": [{**CURSOR, "pointer": "/query/limit"}]}},
        {"problem": {**REFUSED.problem, "errors": [{**CURSOR, "code": "int_type"}]}},
        {"problem": {**REFUSED.problem, "errors": [CURSOR, {**CURSOR, "code": "int_type"}]}},
    ],
)
def test_another_failure_is_not_covered(changes: dict[str, Any]) -> None:
    assert not covered(**changes)


def test_an_exclusion_for_one_operation_covers_no_other() -> None:
    empty = {"type": "urn:waybill:problem:empty-order"}

    assert covered(operation="place_order", problem=empty)
    assert not covered(operation="create_product", problem=empty)


def test_every_exclusion_says_why() -> None:
    assert all(len(each.because) > 20 for each in Exclusions.read(TREE / EXCLUSIONS))


def test_an_exclusion_without_a_reason_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "exclusions.yaml"
    path.write_text("- {check: x, operations: [y], problems: [z]}")

    with pytest.raises(ValidationError, match="because"):
        Exclusions.read(path)
