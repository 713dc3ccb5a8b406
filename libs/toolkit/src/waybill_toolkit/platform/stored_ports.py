"""The port that each service has, as a number after the port base.

A service keeps its number across restarts and when others are added or removed, so addresses in
scripts, clients and bookmarks remain valid. The numbers are stored in the data folder; the gateway
always has 0.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from waybill_toolkit.platform.errors import PlatformError

FILE = "ports.json"


def assign(data: Path, names: Iterable[str], numbers: range) -> dict[str, int]:
    """Give every service its stored number, and a new service the lowest free number.

    The number of a removed service is reused when no other is left. Raises
    PlatformError when there are more services than numbers.
    """
    names = list(names)
    before = {name: number for name, number in _read(data).items() if number in numbers}
    kept = {name: before[name] for name in names if name in before}
    unused = [number for number in numbers if number not in before.values()]
    abandoned = [number for name, number in before.items() if name not in kept]
    free = iter(unused + abandoned)
    try:
        return {name: kept[name] if name in kept else next(free) for name in names}
    except StopIteration:
        raise PlatformError(
            f"{len(names)} services are more than the {len(numbers)} that a platform can run."
        ) from None


def keep(data: Path, assigned: Mapping[str, int]) -> None:
    """Store the numbers, and keep those of services that do not exist now."""
    others = {
        name: number for name, number in _read(data).items() if number not in assigned.values()
    }
    temporary = data / f"{FILE}.unfinished"
    text = json.dumps({**others, **assigned}, indent=1, sort_keys=True)
    temporary.write_text(f"{text}\n", encoding="utf-8")
    temporary.replace(data / FILE)


def _read(data: Path) -> dict[str, int]:
    """Read the file. A damaged file is ignored: every service gets a new number."""
    try:
        found = json.loads((data / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict) or not all(isinstance(each, int) for each in found.values()):
        return {}
    # Two services have one number: the file was edited.
    return found if len(set(found.values())) == len(found) else {}
