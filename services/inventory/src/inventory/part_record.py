"""Each database says which part of the stock it holds, and is asked at every start.

A database in the wrong place would sell stock that another one sells too, or find none.
"""

from collections.abc import Sequence
from typing import Final

from inventory.division import part_of
from waybill.postgres import Connection, Database, Transaction
from waybill.process.wrong_settings import WrongSettingsError

_READ: Final = "select part, parts from stock_part"
_CLAIM: Final = "insert into stock_part (part, parts) values ($1, $2) on conflict do nothing"
_SKUS: Final = "select sku from stock where sku > $1 order by sku limit $2"
_PAGE: Final = 10_000
_HELP: Final = "see docs/scale.md on how stock is divided"


async def check_parts(databases: Sequence[Database]) -> None:
    """Check that each database holds its part, and record it in a new one.

    Raises WrongSettingsError, which says what to change.
    """
    parts = len(databases)
    for part, database in enumerate(databases):
        async with database.transaction() as tx:
            recorded = await tx.fetchrow(_READ)
            if recorded is None and parts > 1:
                await _claim(tx, part, parts)
                recorded = await tx.fetchrow(_READ)  # another process may have been first
            if recorded is not None and tuple(recorded) != (part, parts):
                raise _wrong(part, parts, *recorded)


async def _claim(tx: Transaction, part: int, parts: int) -> None:
    if misplaced := await _misplaced(tx, part, parts):
        found = f"The stock of {misplaced} is in the database of part {part}"
        wanted = f"belongs to part {part_of(misplaced, parts)} of {parts}"
        raise WrongSettingsError((f"{found}, and {wanted}: {_HELP}.",))
    await tx.execute(_CLAIM, part, parts)


async def _misplaced(connection: Connection, part: int, parts: int) -> str | None:
    """Return a SKU that belongs to another part."""
    after = ""
    while True:
        skus = [row["sku"] for row in await connection.fetch(_SKUS, after, _PAGE)]
        found = next((sku for sku in skus if part_of(sku, parts) != part), None)
        if found is not None or len(skus) < _PAGE:
            return found
        after = skus[-1]


def _wrong(part: int, parts: int, its_part: int, its_parts: int) -> WrongSettingsError:
    place = "WAYBILL_DATABASE_URL" if part == 0 else f"WAYBILL_STOCK_DATABASES, number {part},"
    found = f"The database of {place} holds part {its_part} of {its_parts} (counted from 0)"
    used = f"is used as part {part} of {parts}"
    advice = f"give the databases in their order, and all of them; {_HELP}"
    return WrongSettingsError((f"{found}, and {used}: {advice}.",))
