"""Writes that are queued: one statement, and so one round trip, for all of them.

    insert into orders ...   ─┐   with write_1 as (insert into orders ... returning 1),
    insert into sagas ...    ─┼─>      write_2 as (insert into sagas ... returning 1)
    insert into outbox ...   ─┘   insert into outbox ... where (select count(*) from write_1) >= 0
                                      and (select count(*) from write_2) >= 0 returning position

All parts of a statement see the tables as they were before it, and PostgreSQL does not define which
part runs first. So queued writes are of different tables, none reads what another one writes, and
none takes a lock that the others rely on.
https://www.postgresql.org/docs/current/queries-with.html#QUERIES-WITH-MODIFYING

The write of the outbox is the exception: it runs after the others, because it reads what they
return. Its positions are assigned when all rows of the statement are locked and all keys are
inserted.

Without it, PostgreSQL runs the main statement first, and then the parts from the last to the first.
They are arranged in that order, so that rows are locked in the order of the calls: this makes
deadlocks rarer.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from operator import attrgetter
from typing import Final, NamedTuple

import asyncpg

from waybill.postgres.errors import ConcurrencyConflictError

AFTER_OTHERS: Final = "-- and after the others\n"
"""Marks where a write that comes last reads what the others return. A line of its own.

A comment in SQL: it stays where there are no others.
"""

_WRITE: Final = re.compile(r"\s*(?:insert\s+into|update|delete\s+from)\s+([\w.]+)", re.IGNORECASE)
_PARAMETER: Final = re.compile(r"\$(\d+)")
_TEXTS_MAX: Final = 256
"""Size of the cache of statement texts: far more than one service has."""


class Write(NamedTuple):
    """A statement that changes one table, with its arguments."""

    sql: str
    arguments: tuple[object, ...]
    claims: frozenset[str] = frozenset()
    """Unique constraints that fail when a concurrent transaction has inserted the same key."""
    guards: frozenset[str] = frozenset()
    """Not-null columns (`table.column`) set to null when what the write relies on has changed."""
    comes_last: bool = False
    """Whether it returns rows and has AFTER_OTHERS in its WHERE. At most one queued write does."""


@lru_cache(_TEXTS_MAX)
def table_of(sql: str) -> str:
    """Return the table that a write changes. Raises ValueError for what cannot be queued."""
    match = _WRITE.match(sql)
    if match is None:
        raise ValueError(f"only a plain INSERT, UPDATE or DELETE can be queued: {sql.strip()}")
    return match[1].lower()


def combine(writes: Sequence[Write]) -> Write:
    """Combine queued writes into one."""
    if len(writes) == 1:
        return writes[0]
    # A stable sort: those that do not come last keep their order.
    ordered = sorted(writes, key=attrgetter("comes_last"))
    statements, arguments, claims, guards, _ = zip(*ordered, strict=True)
    make = _with_last if ordered[-1].comes_last else _one_statement
    return Write(
        make(statements, tuple(map(len, arguments))),
        tuple(chain.from_iterable(arguments)),
        claims=frozenset[str]().union(*claims),
        guards=frozenset[str]().union(*guards),
        comes_last=ordered[-1].comes_last,
    )


def raise_if_conflict(error: asyncpg.IntegrityConstraintViolationError, write: Write) -> None:
    """Raise ConcurrencyConflictError if one of the claims or guards of a write has failed."""
    if isinstance(error, asyncpg.UniqueViolationError) and error.constraint_name in write.claims:
        raise ConcurrencyConflictError(
            f"a concurrent transaction inserted the same key: {error}"
        ) from error
    column = f"{error.table_name}.{error.column_name}"
    if isinstance(error, asyncpg.NotNullViolationError) and column in write.guards:
        raise ConcurrencyConflictError(
            f"a concurrent transaction changed what {column} relies on"
        ) from error


@lru_cache(_TEXTS_MAX)
def _one_statement(statements: tuple[str, ...], sizes: tuple[int, ...]) -> str:
    first, *others = _numbered(statements, sizes)
    named = [f" write_{number} as ({part})" for number, part in enumerate(others, start=2)]
    return f"with{','.join(reversed(named))} {first}"


@lru_cache(_TEXTS_MAX)
def _with_last(statements: tuple[str, ...], sizes: tuple[int, ...]) -> str:
    *others, last = _numbered(statements, sizes)
    names = [f"write_{number}" for number in range(1, len(others) + 1)]
    conditions = [f"and (select count(*) from {name}) >= 0" for name in names]  # noqa: S608 - constant texts
    last = last.replace(AFTER_OTHERS, "\n".join((*conditions, "")))
    named = [f" {name} as ({part} returning 1)" for name, part in zip(names, others, strict=True)]
    return f"with{','.join(named)} {last}"


def _numbered(statements: tuple[str, ...], sizes: tuple[int, ...]) -> list[str]:
    before = [sum(sizes[:number]) for number in range(len(sizes))]
    return list(map(_numbered_from, statements, before))


def _numbered_from(sql: str, before: int) -> str:
    """Renumber the parameters to follow those of the statements before."""
    return _PARAMETER.sub(lambda found: f"${int(found[1]) + before}", sql)
