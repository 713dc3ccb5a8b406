"""A fault in a database."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """A change of a database, and a row of the finding."""

    invariant: str
    database: str
    sql: str
    named: dict[str, object]
