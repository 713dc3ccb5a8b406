"""Compares the scopes in the contracts with a table that is reviewed separately.

A changed scope changes no type, so no other check detects it.
"""

from collections.abc import Mapping
from typing import TypeAlias

from waybill_toolkit.contracts.generate.service_contracts import read_contracts
from waybill_toolkit.contracts.repository import Repository

Table: TypeAlias = Mapping[str, Mapping[str, list[str]]]
"""Service -> method and path -> the scopes that a caller needs."""


def scope_differences(repository: Repository, table: Table) -> list[str]:
    """Return the differences between the contracts and the table."""
    declared = {
        (contract.service, f"{operation.method} {operation.path}"): sorted(operation.scopes or ())
        for contract in read_contracts(repository)
        for operation in contract.http.operations
    }
    listed = {
        (service, operation): sorted(scopes)
        for service, operations in table.items()
        for operation, scopes in operations.items()
    }
    return [
        f"{service}, {operation}: the contract says {declared.get((service, operation))},"
        f" the table {listed.get((service, operation))}"
        for service, operation in sorted(declared.keys() | listed.keys())
        if declared.get((service, operation)) != listed.get((service, operation))
    ]
