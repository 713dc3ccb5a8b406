"""Writes that wait for each other: one statement, and so one round trip, for all of them.

    insert into orders ...   ─┐
    insert into sagas ...    ─┼─> with write_3 as (insert into outbox ...),
    insert into outbox ...   ─┘        write_2 as (insert into sagas ...)
                                  insert into orders ...

All parts of a statement see the tables as they were before it, and PostgreSQL leaves open which
part comes first. So the writes that wait are of different tables; none can read what another one
writes, and none takes a lock that the others rely on.
https://www.postgresql.org/docs/current/queries-with.html#QUERIES-WITH-MODIFYING

As it is, PostgreSQL does the last line first, and then the parts from the last to the first. So
they stand in that order: who locks rows in the order of writing meets fewer deadlocks.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Final, NamedTuple

_WRITE: Final = re.compile(r"\s*(?:insert\s+into|update|delete\s+from)\s+([\w.]+)", re.IGNORECASE)
_PARAMETER: Final = re.compile(r"\$(\d+)")
_TEXTS_MAX: Final = 256
"""Statements to remember: far more than one service has."""


class Write(NamedTuple):
    """A statement that changes one table and returns nothing, with its arguments."""

    sql: str
    arguments: tuple[object, ...]
    claims: frozenset[str] = frozenset()
    """Unique constraints that fail when another transaction was first."""


@lru_cache(_TEXTS_MAX)
def table_of(sql: str) -> str:
    """Name the table that a write changes. Raises ValueError for what cannot be part of others."""
    match = _WRITE.match(sql)
    if match is None:
        raise ValueError(f"no plain INSERT, UPDATE or DELETE, so it cannot wait: {sql.strip()}")
    return match[1].lower()


def together(writes: Sequence[Write]) -> Write:
    """Make one write of those that wait."""
    sizes = tuple(len(write.arguments) for write in writes)
    sql = _one_statement(tuple(write.sql for write in writes), sizes)
    arguments = tuple(chain.from_iterable(write.arguments for write in writes))
    return Write(sql, arguments, frozenset().union(*(write.claims for write in writes)))


@lru_cache(_TEXTS_MAX)
def _one_statement(statements: tuple[str, ...], sizes: tuple[int, ...]) -> str:
    before = [sum(sizes[:number]) for number in range(len(sizes))]
    first, *others = map(_numbered_from, statements, before)
    if not others:
        return first
    named = [f" write_{number} as ({part})" for number, part in enumerate(others, start=2)]
    return f"with{','.join(reversed(named))} {first}"


def _numbered_from(sql: str, before: int) -> str:
    """Move the numbers of the parameters behind those that come before."""
    return _PARAMETER.sub(lambda found: f"${int(found[1]) + before}", sql)
