"""Error classes of two origins in one module must not have one name."""

from waybill_toolkit.contracts.sdk.contract import NotSayableError, PublicContract


def check_names(contract: PublicContract) -> None:
    """Raise NotSayableError when two error classes would have one name."""
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
                raise NotSayableError(message)
