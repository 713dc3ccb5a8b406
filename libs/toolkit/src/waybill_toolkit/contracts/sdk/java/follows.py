"""The method that waits for the final state of a resource, as Java code."""

from dataclasses import dataclass

from waybill_toolkit.contracts.sdk.java.spelling import (
    camel,
    javadoc,
    quoted,
    type_of,
)
from waybill_toolkit.contracts.sdk.typed import TypedContract, TypedOperation


@dataclass(frozen=True, slots=True)
class JavaFollow:
    """The parts of the method, as Java code."""

    name: str
    doc: str
    status: str
    until: str
    refusal: str
    owner: str


def java_follow(contract: TypedContract, operation: TypedOperation) -> JavaFollow | None:
    """Return the method of an operation; None when its resource has no final state."""
    follow, answer = operation.spec.follow, operation.answer
    if follow is None or answer is None:
        return None
    owner = type_of(answer)
    status = contract.field(answer, follow.status).shape
    *others, last = (each.replace("_", " ") for each in follow.until)
    text = (
        f"{operation.spec.summary.rstrip('.')}, polled until its"
        f" {follow.status} is {', '.join(others)} or {last}, for at most a minute."
    )
    throws = [
        f"@throws {owner}RefusedException when it was refused; with a subclass for each code",
        "@throws NotFinalException after the timeout; an unknown status is not final",
    ]
    value = ".value()" if contract.is_enumeration(status) else ""
    return JavaFollow(
        name=camel(operation.follow_name),
        doc=javadoc(text, 4, throws),
        status=f"{camel(follow.status)}(){value}",
        until=", ".join(map(quoted, follow.until)),
        refusal=camel(follow.refusal),
        owner=owner,
    )
