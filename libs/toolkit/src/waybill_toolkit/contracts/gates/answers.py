"""Checks that each response, problem and event of a contract is created somewhere in the service.

The type checker refuses a status that the contract does not declare. It cannot detect a declared
status that the service never returns.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from waybill_toolkit.contracts.generate.service_contracts import ServiceContract, read_contracts
from waybill_toolkit.contracts.repository import Repository


def unused_answers(repository: Repository) -> list[str]:
    """Return each declared class that the hand-written code of its service never calls."""
    return [
        f"{contract.service}: {name} is declared and never made"
        for contract in read_contracts(repository)
        for name in sorted(_declared(contract) - _called(repository.package(contract.service)))
    ]


def _declared(contract: ServiceContract) -> set[str]:
    answers = {each.class_name for one in contract.http.operations for each in one.answers}
    problems = {each.class_name for each in contract.http.problems}
    return answers | problems | {message.payload for message in contract.events.sent}


def _called(package: Path) -> set[str]:
    written = (path for path in package.parent.rglob("*.py") if package not in path.parents)
    return {name for path in written for name in _calls(ast.parse(path.read_bytes()))}


def _calls(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                yield name
            case _:
                pass
