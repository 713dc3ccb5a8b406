"""What counts as a new version.

Either the new form stands beside the old one under the next number (`/v2/orders`,
`orders.order-placed.v2`, the topic `orders.order-events.v2`), and then the old one may go. Or the
document says so as a whole, by the major number of its `info.version` (the minor one below 1.0, as
in semver.org, rule 4).
"""

import re
from collections.abc import Iterable
from typing import Final

from waybill_toolkit.contracts.generate.documents import Node

_IN_PATH: Final = re.compile(r"(.*/)v(\d+)(/.*|)")
_AT_END: Final = re.compile(r"(.*\.)v(\d+)()")


def has_successor(name: str, names: Iterable[str]) -> bool:
    """Tell whether `name` is among `names` with a higher version in it."""
    parts = _parts(name)
    return parts is not None and any(
        (other := _parts(each)) is not None and other[0] == parts[0] and other[1] > parts[1]
        for each in names
    )


def version_of(root: Node) -> str:
    """Read `info.version`."""
    info = root.get("info")
    return str(info.value.get("version", "")) if info and isinstance(info.value, dict) else ""


def is_new_version(before: str, after: str) -> bool:
    """Tell whether a version allows for what was promised under the one before to be broken."""
    old, new = _numbers(before), _numbers(after)
    return new[:1] > old[:1] or (new[0] == old[0] == 0 and new > old)


def next_version(before: str) -> str:
    """Name the version that allows for it."""
    major, minor = _numbers(before)
    return f"{major + 1}.0.0" if major else f"0.{minor + 1}.0"


def _parts(name: str) -> tuple[tuple[str, str], int] | None:
    match = _IN_PATH.fullmatch(name) or _AT_END.fullmatch(name)
    return ((match[1], match[3]), int(match[2])) if match else None


def _numbers(version: str) -> tuple[int, int]:
    match = re.match(r"(\d+)(?:\.(\d+))?", version)
    return (int(match[1]), int(match[2] or 0)) if match else (0, 0)
