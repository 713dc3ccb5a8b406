"""Decides what counts as a new version.

Either the new form has the next number and exists in addition to the old one (`/v2/orders`,
`orders.order-placed.v2`, the topic `orders.order-events.v2`); the old one may then be removed. Or
the document has a new major number in its `info.version` (below 1.0 a new minor number, as in
semver.org, rule 4, which a release sets; see `announced` for what is needed until then).
"""

import re
from collections.abc import Iterable
from typing import Final

from waybill_toolkit.contracts.generate.documents import Node

_IN_PATH: Final = re.compile(r"(.*/)v(\d+)(/.*|)")
_AT_END: Final = re.compile(r"(.*\.)v(\d+)()")


def has_successor(name: str, names: Iterable[str]) -> bool:
    """Return whether `names` contains `name` with a higher version."""
    parts = _parts(name)
    return parts is not None and any(
        (other := _parts(each)) is not None and other[0] == parts[0] and other[1] > parts[1]
        for each in names
    )


def version_of(root: Node) -> str:
    """Return `info.version`."""
    info = root.get("info")
    return str(info.value.get("version", "")) if info and isinstance(info.value, dict) else ""


def is_new_version(before: str, after: str) -> bool:
    """Return whether the new version number allows breaking changes."""
    old, new = _numbers(before), _numbers(after)
    return new[:1] > old[:1] or (new[0] == old[0] == 0 and new > old)


def is_below_one(version: str) -> bool:
    """Return whether nothing is promised yet (semver.org, rule 4)."""
    return _numbers(version)[0] == 0


def next_version(before: str) -> str:
    """Return the next version number that allows breaking changes."""
    major, minor = _numbers(before)
    return f"{major + 1}.0.0" if major else f"0.{minor + 1}.0"


def _parts(name: str) -> tuple[tuple[str, str], int] | None:
    match = _IN_PATH.fullmatch(name) or _AT_END.fullmatch(name)
    return ((match[1], match[3]), int(match[2])) if match else None


def _numbers(version: str) -> tuple[int, int]:
    match = re.match(r"(\d+)(?:\.(\d+))?", version)
    return (int(match[1]), int(match[2] or 0)) if match else (0, 0)
