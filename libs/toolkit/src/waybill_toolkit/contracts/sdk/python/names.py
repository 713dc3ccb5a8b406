"""Checks that the error classes of problems and of refusals have different names."""

from waybill_toolkit.contracts.sdk.contract import PublicContract, UnsupportedContractError


def check_names(contract: PublicContract) -> None:
    """Raise UnsupportedContractError when two error classes would have the same name."""
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
