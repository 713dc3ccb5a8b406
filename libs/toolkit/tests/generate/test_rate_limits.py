"""The limits that contracts declare are checked, and published with their defaults."""

from pathlib import Path
from typing import Final

import pytest

from waybill_toolkit.contracts.generate.documents import Library, Node
from waybill_toolkit.contracts.generate.faults import Faults
from waybill_toolkit.contracts.generate.openapi import operation_nodes
from waybill_toolkit.contracts.generate.rate_limits import (
    RateLimitClass,
    check_limits,
    read_classes,
    with_limits,
)

CLASSES: Final = {
    name: RateLimitClass(quota=10, window_seconds=60)
    for name in ("read", "write", "unauthenticated")
}


def _read(folder: Path, text: str) -> Node:
    file = folder / "contracts" / "shop" / "document.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    return Library().open(file)


@pytest.mark.parametrize(
    "written",
    [
        "{quota: 0, window_seconds: 60}",
        "{quota: 10}",
        "{quota: true, window_seconds: 60}",
        "{quota: 1.5, window_seconds: 60}",
        "{quota: 10, window_seconds: 60, shared: 1}",
        "{quota: 10, window_seconds: 60, burst: 1}",
        "10",
    ],
)
def test_a_class_that_is_no_class_is_found_with_its_line(tmp_path: Path, written: str) -> None:
    faults = Faults()
    usual = "{quota: 1, window_seconds: 1}"
    text = f"rate_limits:\n  read: {usual}\n  write: {written}\n  unauthenticated: {usual}\n"
    read_classes(_read(tmp_path, text), faults)

    [fault] = faults
    assert (fault.line, fault.rule) == (3, "rate-limit")


def test_a_missing_class_is_found(tmp_path: Path) -> None:
    faults = Faults()
    read_classes(_read(tmp_path, "rate_limits:\n  read: {quota: 1, window_seconds: 1}\n"), faults)

    assert [each.message.split()[2] for each in faults] == ["unauthenticated", "write"]


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ("{class: reed}", "gateway.yaml has no class reed"),
        ("{class: [read]}", "gateway.yaml has no class"),
        ("{cost: 0}", "cost is a number from 1"),
        ("{cost: 11}", "the quota of its class, 10"),
        ("{klass: read}", "a limit is {class: write, cost: 1}"),
        ("read", "a limit is {class: write, cost: 1}"),
    ],
)
def test_a_limit_that_no_class_allows_is_found(tmp_path: Path, limit: str, message: str) -> None:
    faults = Faults()
    text = f"paths:\n  /a:\n    get:\n      operationId: a\n      x-rate-limit: {limit}\n"
    operations = [operation for _, operation in operation_nodes(_read(tmp_path, text))]
    check_limits(operations, CLASSES, faults)

    [fault] = faults
    assert message in fault.message
    assert fault.line == 5


def test_the_class_and_the_cost_of_each_operation_are_published() -> None:
    document = {
        "paths": {"/a": {"parameters": [], "get": {}, "put": {"x-rate-limit": {"cost": 3}}}}
    }
    found = with_limits(document, CLASSES)

    assert found["paths"]["/a"]["get"] == {"x-rate-limit": {"class": "read", "cost": 1}}
    assert found["paths"]["/a"]["put"] == {"x-rate-limit": {"class": "write", "cost": 3}}
    assert found["x-rate-limits"]["read"] == {"quota": 10, "window_seconds": 60, "shared": False}
    assert with_limits(document, {}) == document
