"""Compares two states of the contracts and decides which changes are allowed."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from waybill_toolkit.contracts.diff.change import Change, Hit, merged
from waybill_toolkit.contracts.diff.events import compare_events
from waybill_toolkit.contracts.diff.hits import Wiring
from waybill_toolkit.contracts.diff.http import compare_gateway, compare_http
from waybill_toolkit.contracts.diff.state import State
from waybill_toolkit.contracts.diff.versions import is_new_version, next_version, version_of


@dataclass(frozen=True, slots=True)
class Judged:
    """A change, the services that it affects, and whether it is allowed."""

    change: Change
    hits: tuple[Hit, ...]
    allowed: bool


@dataclass(frozen=True, slots=True)
class Judgement:
    """All changes, breaking ones first, and the contracts that need a new version.

    `needed` maps such a contract to its current version and the required one.
    """

    changes: tuple[Judged, ...]
    needed: Mapping[str, tuple[str, str]]

    @property
    def allowed(self) -> bool:
        return all(each.allowed for each in self.changes)


def judge(before: Path, after: Path) -> Judgement:
    """Compare two folders `contracts/`. Raises ContractError when one of them is invalid."""
    old, new = State(before), State(after)
    services = sorted({*old.services, *new.services})
    found = (
        change
        for service in services
        for compare in (compare_http, compare_events)
        for change in compare(old, new, service)
    )
    changes = merged(chain(found, compare_gateway(old, new)))
    wiring, raised = Wiring(old, new), _raised(old, new)
    judged = tuple(
        Judged(change, wiring.hits(change), _is_allowed(change, raised)) for change in changes
    )
    return Judgement(judged, _needed(judged, old, raised))


def _is_allowed(change: Change, raised: frozenset[str]) -> bool:
    if not change.breaking or change.new_version:
        return True
    return all(subject.document in raised for subject in change.subjects)


def _raised(old: State, new: State) -> frozenset[str]:
    before, after = old.documents(), new.documents()
    return frozenset(
        name
        for name in before.keys() & after.keys()
        if is_new_version(version_of(before[name]), version_of(after[name]))
    )


def _needed(
    judged: tuple[Judged, ...], old: State, raised: frozenset[str]
) -> dict[str, tuple[str, str]]:
    documents = old.documents()
    names = {
        subject.document for each in judged if not each.allowed for subject in each.change.subjects
    }
    versions = {name: version_of(documents[name]) for name in sorted(names - raised)}
    return {name: (version, next_version(version)) for name, version in versions.items()}
