"""What an invariant is."""

from dataclasses import dataclass
from typing import Final

EVERY: Final = "every database"
TOGETHER: Final = "the databases together"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invariant:
    """Something that always holds, in the form of a query that finds what breaks it.

    Asked in one database, in EVERY one, or of TOGETHER: the extracts of all of them in the audit's
    own books, which are SQLite.
    """

    name: str
    meaning: str
    where: str
    sql: str
