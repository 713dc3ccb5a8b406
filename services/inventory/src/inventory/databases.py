"""The databases of the stock: one, or one for each part. Reads of all of them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from inventory.division import part_of
from waybill.postgres import Connection, Database

Result = TypeVar("Result")


class StockDatabases:
    """The databases, in the order of their parts."""

    def __init__(self, databases: Sequence[Database]) -> None:
        self.all = databases

    def of(self, sku: str) -> Database:
        """Return the database that has a SKU."""
        return self.all[part_of(sku, len(self.all))]

    async def read(self, query: Callable[[Connection], Awaitable[Result]]) -> list[Result]:
        """Run a query in every database; each sees what is committed there when it begins."""

        async def read(database: Database) -> Result:
            async with database.connection() as connection:
                return await query(connection)

        return await asyncio.gather(*map(read, self.all))

    async def close(self) -> None:
        """Close all but the first one, which the runtime closes."""
        for database in self.all[1:]:
            await database.close()
