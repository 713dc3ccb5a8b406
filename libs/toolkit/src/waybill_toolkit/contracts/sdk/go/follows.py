"""The method that waits for the final state of a resource, as Go code."""

from dataclasses import dataclass

from waybill_toolkit.contracts.sdk.go.spelling import constant, exported, quoted, type_of
from waybill_toolkit.contracts.sdk.shapes import Named, Shape
from waybill_toolkit.contracts.sdk.typed import TypedContract, TypedOperation


@dataclass(frozen=True, slots=True)
class GoFollow:
    """The parts of the method; all but `text` are Go code."""

    name: str
    text: str
    status: str
    until: str
    refusal: str
    refuse: str


def go_follow(contract: TypedContract, operation: TypedOperation) -> GoFollow | None:
    """Return the method of an operation; None when its resource has no final state."""
    follow, answer = operation.spec.follow, operation.answer
    if follow is None or answer is None:
        return None
    name = exported(operation.follow_name)
    *others, last = (each.replace("_", " ") for each in follow.until)
    owner = type_of(answer)
    status = contract.field(answer, follow.status)
    return GoFollow(
        name=name,
        text=f"{name} polls {exported(operation.name)} until its {follow.status} is "
        f"{', '.join(others)} "
        f"or {last}, or the context ends, and returns the last state. After a "
        f"refusal it also returns an error: *{owner}RefusedError, or the one for its code. When "
        "the context ends, or after a minute if it has no deadline, the error is *NotFinalError.",
        status=exported(follow.status),
        until=", ".join(_value(contract, status.shape, value) for value in follow.until),
        refusal=exported(follow.refusal),
        refuse=f"refusalOf{owner}",
    )


def _value(contract: TypedContract, shape: Shape, value: str) -> str:
    if isinstance(shape, Named) and contract.is_enumeration(shape):
        return constant(shape.name, value)
    return quoted(value)
