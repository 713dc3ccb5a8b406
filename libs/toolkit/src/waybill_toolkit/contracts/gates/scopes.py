"""Who may do what stands a second time in a table that is reviewed by itself.

A changed scope changes no type, so nothing else would notice it.
"""

from collections.abc import Mapping
from typing import TypeAlias

from waybill_toolkit.contracts.gates.contracts import read_contracts
from waybill_toolkit.contracts.generate.repository import Repository

Table: TypeAlias = Mapping[str, Mapping[str, list[str]]]
"""Service -> method and path -> the scopes that a caller needs."""


def scope_differences(repository: Repository, table: Table) -> list[str]:
    """Tell where the contracts and the table do not say the same."""
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
