"""The syntax tree of the SQL that the services use."""

from dataclasses import dataclass
from typing import TypeAlias

from waybill_simulation.postgres.types import SqlType


@dataclass(frozen=True, slots=True)
class Literal:
    value: object


@dataclass(frozen=True, slots=True)
class Param:
    number: int


@dataclass(frozen=True, slots=True)
class Column:
    table: str | None
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    arguments: "tuple[Expr, ...]"
    only_if: "Expr | None" = None


@dataclass(frozen=True, slots=True)
class Not:
    of: "Expr"


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True, slots=True)
class Cast:
    of: "Expr"
    type: SqlType


@dataclass(frozen=True, slots=True)
class IsNull:
    of: "Expr"


@dataclass(frozen=True, slots=True)
class Is:
    """`of is true`, or `is false`."""

    of: "Expr"
    value: bool


@dataclass(frozen=True, slots=True)
class IsDistinct:
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True, slots=True)
class Among:
    """`left OPERATOR any(array)`, or `all(array)`; `in (...)` is `= any`."""

    operator: str
    left: "Expr"
    array: "Expr"
    every: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    subject: "Expr | None"
    whens: "tuple[tuple[Expr, Expr], ...]"
    otherwise: "Expr"


@dataclass(frozen=True, slots=True)
class Row:
    items: "tuple[Expr, ...]"


@dataclass(frozen=True, slots=True)
class Exists:
    select: "Select"


@dataclass(frozen=True, slots=True)
class Values:
    """All rows of a query: an array of its values, or of tuples when it has more columns."""

    select: "Select"


Expr: TypeAlias = (
    Literal
    | Param
    | Column
    | Call
    | Cast
    | Not
    | Binary
    | IsNull
    | Is
    | IsDistinct
    | Among
    | Case
    | Row
    | Exists
    | Values
)


@dataclass(frozen=True, slots=True)
class Source:
    """One item of FROM: a table, the result of a WITH query, or `unnest(...)`."""

    table: str | None
    arrays: tuple[Expr, ...]
    alias: str
    columns: tuple[str, ...]
    left: bool = False
    using: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """An output column; a `name` of None means all columns of one source or of all sources."""

    expr: Expr
    name: str | None


@dataclass(frozen=True, slots=True)
class Select:
    targets: tuple[Target, ...]
    sources: tuple[Source, ...] = ()
    where: Expr | None = None
    group: tuple[Expr, ...] = ()
    order: tuple[tuple[Expr, bool], ...] = ()
    limit: Expr | None = None
    distinct: bool = False
    for_update: bool = False
    skip_locked: bool = False


@dataclass(frozen=True, slots=True)
class Conflict:
    """ON CONFLICT; with an empty `sets` DO NOTHING."""

    columns: tuple[str, ...]
    sets: tuple[tuple[str, Expr], ...]
    where: Expr | None


@dataclass(frozen=True, slots=True)
class Insert:
    table: str
    columns: tuple[str, ...]
    rows: Select
    conflict: Conflict | None
    returning: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Update:
    table: str
    sets: tuple[tuple[str, Expr], ...]
    sources: tuple[Source, ...]
    where: Expr | None
    returning: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Delete:
    table: str
    sources: tuple[Source, ...]
    where: Expr | None
    returning: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class LockTable:
    """LOCK TABLE ... IN SHARE ROW EXCLUSIVE MODE."""

    table: str


Query: TypeAlias = Select | Insert | Update | Delete | LockTable


@dataclass(frozen=True, slots=True)
class Statement:
    """A query, with the WITH queries before it by name."""

    ctes: tuple[tuple[str, Query], ...]
    main: Query
