"""Reads `contracts/breaking-changes.yaml`: the breaking changes since the last release.

Below version 1.0, a line there with a reason allows for a breaking change. A release copies the
lines to the changelog and leaves `since` only, with its version.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from waybill_toolkit.contracts.generate.documents import Library, Node
from waybill_toolkit.contracts.generate.faults import ContractError, Fault

FILE: Final = "breaking-changes.yaml"
SINCE: Final = "since"
PLACEHOLDER: Final = "REASON"
RULE: Final = "breaking-change-line"

Announced = Mapping[str, Mapping[str, str]]
"""Reasons by contract (`orders/openapi.yaml`) and message of the change."""


def read_announced(contracts: Path, documents: Iterable[str]) -> Announced:
    """Return the announced changes; nothing if there is no file.

    Raises ContractError for a contract that is not one of `documents` and a line without a reason.
    """
    path = contracts / FILE
    if not path.is_file():
        return {}
    root = Library().open(path)
    faults = list(_faults(root, frozenset(documents)))
    if faults:
        raise ContractError(faults)
    return {node.name: dict(node.value) for node in _contracts(root)}


def _contracts(root: Node) -> Iterable[Node]:
    return (each for each in root.children() if each.name != SINCE)


def _faults(root: Node, documents: frozenset[str]) -> Iterable[Fault]:
    for document in _contracts(root):
        if document.name not in documents:
            yield document.fault(f"contracts/{document.name} is no contract.", RULE)
        if not isinstance(document.value, dict):
            yield document.fault("list changes here, each with its reason.", RULE)
            continue
        for change in document.children():
            reason = change.value
            if not isinstance(reason, str) or reason.strip() in {"", PLACEHOLDER}:
                yield change.fault(f"{change.name} has no reason; write one.", RULE)
