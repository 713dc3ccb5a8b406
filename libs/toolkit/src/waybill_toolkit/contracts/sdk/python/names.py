"""Checks that the names of the contract can be those of the package."""

from typing import Final

from waybill_toolkit.contracts.sdk.contract import PublicContract, UnsupportedContractError

_ARGUMENTS: Final = ("body", "idempotency_key", "options", "self", "timeout_seconds")
"""The other arguments of the generated methods."""


def check_names(contract: PublicContract) -> None:
    """Raise UnsupportedContractError when two things of the package would have the same name."""
    _check_arguments(contract)
    taken = {each.class_name: f"the problem {each.slug}" for each in contract.problems}
    for operation in contract.operations:
        if operation.follow is None:
            continue
        names = {operation.follow.base_class_name: f"a refusal of {operation.follow.resource}"} | {
            operation.follow.class_name(code): f"{code} of {operation.follow.resource}"
            for code in operation.follow.codes
        }
        for name, origin in names.items():
            if taken.setdefault(name, origin) != origin:
                message = f"{taken[name]} and {origin} would both be {name}; rename one."
                raise UnsupportedContractError(message)


def _check_arguments(contract: PublicContract) -> None:
    for operation in contract.operations:
        for each in operation.parameters:
            if each.argument in _ARGUMENTS:
                message = f"{each.name} of {operation.id} is an argument of the client; rename it."
                raise UnsupportedContractError(message)
