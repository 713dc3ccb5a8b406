"""Compares the HTTP side of a service: its operations and everything that belongs to them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from waybill.http.contract import BODY_LIMIT_BYTES
from waybill_toolkit.contracts.diff.answers import compare_answers
from waybill_toolkit.contracts.diff.change import Change, Subject, gone, now
from waybill_toolkit.contracts.diff.rate_limits import compare_classes, compare_limit
from waybill_toolkit.contracts.diff.requests import compare_body, compare_parameters
from waybill_toolkit.contracts.diff.security import compare_scheme, compare_security
from waybill_toolkit.contracts.diff.state import OperationPlace, State
from waybill_toolkit.contracts.diff.versions import has_successor
from waybill_toolkit.contracts.diff.words import unknown_members
from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.media import ERRORS
from waybill_toolkit.contracts.generate.openapi import METHODS
from waybill_toolkit.contracts.generate.parameters import UNKNOWN
from waybill_toolkit.contracts.generate.rate_limits import CLASSES
from waybill_toolkit.contracts.generate.schemas import GATEWAY

ROOT: Final = frozenset({"components", "info", "openapi", "paths", "security"})
GATEWAY_ROOT: Final = frozenset({"answers", "info", "openapi", CLASSES})
OPERATION: Final = frozenset({"operationId", "parameters", "requestBody", "responses", "security"})
INTERNAL: Final = "x-internal"
"""Marks an operation that the gateway does not serve."""

LIMIT: Final = "x-body-limit-bytes"


def compare_gateway(before: State, after: State) -> Iterator[Change]:
    """Compare the responses that the gateway adds to every operation."""
    old, new = before.gateway, after.gateway
    if old is None or new is None:
        return  # without a gateway contract there is no public API
    for change in unknown_members(old, new, GATEWAY_ROOT):
        yield change.of(Subject("http", GATEWAY, "every operation"))
    for change in compare_classes(old, new):
        yield change.of(Subject("http", GATEWAY, "rate limits"))
    kinds = {each.name: each for each in old.need("answers").children()}
    for kind in new.need("answers").children():
        was = kinds.pop(kind.name, None)
        if was:
            for change in compare_answers(was, kind, before.problems, after.problems):
                yield change.of(Subject("http", GATEWAY, f"answers of {kind.name}"))
    for name, lost in kinds.items():
        change = gone("answer-removed", lost, f"the answers of {name} are gone.")
        yield change.of(Subject("http", GATEWAY, f"answers of {name}"))


def compare_http(before: State, after: State, service: str) -> Iterator[Change]:
    """Yield every change of a service's operations, with the operations that it affects."""
    old, new = before.operations(service), after.operations(service)
    for address in old.keys() - new.keys():
        place = old[address]
        change = gone("operation-removed", place.node, f"{place.name} is gone.")
        change = replace(change, new_version=has_successor(address, new))
        yield change.of(_subject(service, place))
    for address in new.keys() - old.keys():
        place = new[address]
        change = now("operation-added", place.node, f"{place.name} is new.", breaking=False)
        yield change.of(_subject(service, place))
    for address in old.keys() & new.keys():
        comparison = _Operation(old[address], new[address], before.problems, after.problems)
        for change in comparison.changes():
            yield change.of(_subject(service, old[address]))


def _subject(service: str, place: OperationPlace) -> Subject:
    return Subject("http", service, place.name, public=not place.node.value.get(INTERNAL))


@dataclass(frozen=True, slots=True)
class _Operation:
    before: OperationPlace
    after: OperationPlace
    problems_before: Node | None
    problems_after: Node | None

    def changes(self) -> Iterator[Change]:
        old, new = self.before.node, self.after.node
        yield from self.identity()
        yield from self.visibility()
        yield from self.limit()
        yield from self.owner()
        yield from compare_limit(self.before, self.after)
        yield from self.errors()
        yield from self.unknown_parameters()
        yield from compare_security(self.before, self.after)
        yield from compare_parameters(self.before, self.after)
        yield from compare_body(old.get("requestBody"), new.get("requestBody"), old, new)
        yield from compare_answers(
            old.need("responses"), new.need("responses"), self.problems_before, self.problems_after
        )
        yield from unknown_members(old, new, OPERATION)
        yield from unknown_members(self.before.path, self.after.path, (*METHODS, "parameters"))
        yield from self.root()

    def identity(self) -> Iterator[Change]:
        old, new = (each.node.value.get("operationId") for each in (self.before, self.after))
        if old != new:
            at = self.after.node.get("operationId") or self.after.node
            message = f"{self.after.name} has the operationId {new} now, had {old}: SDKs use it."
            yield now("operation-renamed", at, message, breaking=True)

    def visibility(self) -> Iterator[Change]:
        was, hidden = (bool(each.node.value.get(INTERNAL)) for each in (self.before, self.after))
        if was is not hidden:
            at = self.after.node.get(INTERNAL) or self.after.node
            message = f"{self.after.name} is {'not ' * hidden}in the public API now."
            yield now("visibility-changed", at, message, breaking=hidden)

    def limit(self) -> Iterator[Change]:
        old, new = (
            each.node.value.get(LIMIT, BODY_LIMIT_BYTES) for each in (self.before, self.after)
        )
        if old != new:
            at = self.after.node.get(LIMIT) or self.after.node
            message = f"{self.after.name} takes bodies of {new} bytes, took {old}."
            yield now("body-limit-changed", at, message, breaking=new < old)

    def owner(self) -> Iterator[Change]:
        old, new = (each.node.value.get("x-owner") for each in (self.before, self.after))
        if old != new:
            at = self.after.node.get("x-owner") or self.after.node
            message = f"{self.after.name} belongs to {new or 'nobody'}, was {old or 'nobody'}'s."
            yield now("owner-changed", at, message, breaking=bool(new))

    def errors(self) -> Iterator[Change]:
        old, new = (each.node.value.get(ERRORS, "problem") for each in (self.before, self.after))
        if old != new:
            at = self.after.node.get(ERRORS) or self.after.node
            message = f"{self.after.name} sends errors in the form {new} now, not {old}."
            yield now("errors-changed", at, message, breaking=True)

    def unknown_parameters(self) -> Iterator[Change]:
        old, new = (UNKNOWN in each.node.value for each in (self.before, self.after))
        if old is not new:
            at = self.after.node.get(UNKNOWN) or self.after.node
            message = f"{self.after.name} {'ignores' if new else 'refuses'} unknown parameters now."
            yield now("unknown-parameters-changed", at, message, breaking=old)

    def root(self) -> Iterator[Change]:
        old, new = self.before.root, self.after.root
        yield from unknown_members(old, new, ROOT)
        yield from compare_scheme(old, new)
