"""The definition of an invariant."""

from dataclasses import dataclass
from typing import Final

EVERY: Final = "every database"
TOGETHER: Final = "the databases together"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invariant:
    """A condition that always holds, as a query that finds the rows that violate it.

    The query runs in one database, in EVERY one, or in TOGETHER: the SQLite store with the extracts
    of all databases.
    """

    name: str
    meaning: str
    where: str
    sql: str
