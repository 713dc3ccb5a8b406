"""Finds a statement in the source, for messages."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import identity
import inventory
import orders
import payments
import waybill
from waybill_simulation.postgres.not_simulated import NotSimulatedError
from waybill_simulation.schemas import MIGRATIONS
from waybill_toolkit.platform.source_tree import tree_root

_PARAMETER: Final = re.compile(r"\$\d+")
_WIDTHS: Final = (160, 80, 40, 20, 0)
"""How many characters around the construct are searched for, the largest number first."""
_STATEMENT_MAX: Final = 200


def sentence(error: NotSimulatedError) -> str:
    """Describe a construct that is not simulated: the statement, its place, and what to do."""
    place = _place_of_statement(error) if error.sql else _place_of_rule(error)
    within = f", in `{_shortened(error)}`" if error.sql else ""
    where = f" ({place})" if place else ""
    return (
        f"The simulated PostgreSQL does not know {error.construct}{within}{where}: add it to "
        "libs/simulation/src/waybill_simulation/postgres, with a test in tests/simulation that "
        "asks the real PostgreSQL, too."
    )


def _shortened(error: NotSimulatedError) -> str:
    """Return the statement on one line; of a long one, the part around the construct."""
    text = " ".join(error.sql.split())
    if len(text) <= _STATEMENT_MAX:
        return text
    at = max(text.find(" ".join(error.near.split())), 0)
    begin = max(0, min(at - _STATEMENT_MAX // 2, len(text) - _STATEMENT_MAX))
    part = text[begin : begin + _STATEMENT_MAX]
    return ("... " if begin else "") + part + (" ..." if begin + len(part) < len(text) else "")


def _place_of_statement(error: NotSimulatedError) -> str | None:
    """Find the file and line that hold the text around the construct.

    Statements are composed of others, with renumbered parameters. So parts are searched for.
    """
    at = max(error.sql.find(error.near), 0)
    line = error.sql.rfind("\n", 0, at) + 1
    end = error.sql.find("\n", at)
    end = len(error.sql) if end < 0 else end
    near = min(len(error.near.partition("\n")[0]), end - at)
    for width in _WIDTHS:
        part = error.sql[max(line, at - width) : min(end, at + near + width)]
        wanted = _PARAMETER.sub("$", part.strip())
        for path, text in _sources() if len(wanted) > 2 else ():
            found = text.find(wanted)
            if found >= 0:
                return f"{_relative(path)}:{text.count(chr(10), 0, found) + 1}"
    return None


def _sources() -> Iterator[tuple[Path, str]]:
    for module in (orders, inventory, payments, identity, waybill):
        for path in sorted(Path(str(module.__file__)).parent.rglob("*.py")):
            if path.parent.name != "contract":
                yield path, _PARAMETER.sub("$", path.read_text(encoding="utf-8"))


def _place_of_rule(error: NotSimulatedError) -> str | None:
    """Find the last migration that names the column, constraint, index or trigger."""
    name = re.compile(rf"\b{re.escape(error.near)}\b")
    files = dict.fromkeys(path for each in MIGRATIONS.values() for path in each.files)
    found = [path for path in files if name.search(path.read_text(encoding="utf-8"))]
    return _relative(found[-1]) if found and error.near else None


def _relative(path: Path) -> str:
    root = tree_root()
    return str(path.relative_to(root) if path.is_relative_to(root) else path)
