"""Compares two states of the contracts and decides which changes are allowed."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from waybill_toolkit.contracts.diff.announced import Announced, read_announced
from waybill_toolkit.contracts.diff.change import Change, Hit, Subject, merged
from waybill_toolkit.contracts.diff.events import compare_events
from waybill_toolkit.contracts.diff.hits import Wiring
from waybill_toolkit.contracts.diff.http import compare_gateway, compare_http
from waybill_toolkit.contracts.diff.state import State
from waybill_toolkit.contracts.diff.versions import (
    is_below_one,
    is_new_version,
    next_version,
    version_of,
)


@dataclass(frozen=True, slots=True)
class Judged:
    """A change, the services that it affects, and whether it is allowed."""

    change: Change
    hits: tuple[Hit, ...]
    allowed: bool


@dataclass(frozen=True, slots=True)
class Judgement:
    """All changes, breaking ones first, and what the ones that are not allowed need.

    `needed` maps a contract to its current version and the required one. `unannounced` maps a
    contract below 1.0 to the changes that need a line in breaking-changes.yaml.
    """

    changes: tuple[Judged, ...]
    needed: Mapping[str, tuple[str, str]]
    unannounced: Mapping[str, tuple[str, ...]]

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
    wiring, permits = Wiring(old, new), _Permits.of(old, new)
    judged = tuple(Judged(each, wiring.hits(each), permits.allow(each)) for each in changes)
    return Judgement(judged, permits.needed(judged), permits.unannounced(judged))


@dataclass(frozen=True, slots=True)
class _Permits:
    """What allows for breaking changes."""

    before: Mapping[str, str]
    """The old version of each contract."""
    raised: frozenset[str]
    """The contracts with a new version."""
    below_one: frozenset[str]
    announced: Announced

    @classmethod
    def of(cls, old: State, new: State) -> "_Permits":
        before = {name: version_of(root) for name, root in old.documents().items()}
        after = {name: version_of(root) for name, root in new.documents().items()}
        both = before.keys() & after.keys()
        return cls(
            before,
            frozenset(each for each in both if is_new_version(before[each], after[each])),
            frozenset(name for name, version in after.items() if is_below_one(version)),
            read_announced(new.folder, after),
        )

    def allow(self, change: Change) -> bool:
        return not change.breaking or change.new_version or not self._missing(change)

    def _missing(self, change: Change) -> set[str]:
        """Return the contracts that neither have a new version nor announce this change."""
        return {
            subject.document
            for subject in change.subjects
            if subject.document not in self.raised and not self._is_announced(subject, change)
        }

    def _is_announced(self, subject: Subject, change: Change) -> bool:
        document = subject.document
        return document in self.below_one and change.message in self.announced.get(document, {})

    def needed(self, judged: tuple[Judged, ...]) -> dict[str, tuple[str, str]]:
        names = self._unmet(judged).keys() - self.below_one
        return {
            name: (self.before[name], next_version(self.before[name])) for name in sorted(names)
        }

    def unannounced(self, judged: tuple[Judged, ...]) -> dict[str, tuple[str, ...]]:
        return {
            name: found for name, found in self._unmet(judged).items() if name in self.below_one
        }

    def _unmet(self, judged: tuple[Judged, ...]) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = defaultdict(list)
        for each in judged:
            if not each.allowed:
                for name in self._missing(each.change):
                    found[name].append(each.change.message)
        return {name: tuple(dict.fromkeys(found[name])) for name in sorted(found)}
