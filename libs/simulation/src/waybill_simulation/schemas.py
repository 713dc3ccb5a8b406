"""The schema of each simulated service's database."""

import asyncio
from collections.abc import Mapping
from types import ModuleType
from typing import Final

import identity
import inventory
import orders
import payments
from waybill.postgres.migrations import migrations_folder
from waybill_simulation.postgres.catalog import tables_of
from waybill_simulation.postgres.schema import Schema
from waybill_simulation.schema_snapshot import Migrations, snapshots
from waybill_toolkit.platform.source_tree import tree_root

_MODULES: Final[Mapping[str, ModuleType]] = {
    "orders": orders,
    "inventory": inventory,
    "payments": payments,
    "identity": identity,
}
_EFFECTS: Final = """
    CREATE TABLE effects (event_id uuid NOT NULL, topic text NOT NULL, key text NOT NULL)
"""
"""The table that the observer adds to each service's database."""

MIGRATIONS: Final = {
    name: Migrations(name, migrations_folder(str(module.__file__)), _EFFECTS)
    for name, module in _MODULES.items()
}


class _Loaded:
    schemas: Mapping[str, Schema] | None = None


async def prepare() -> None:
    """Run the migrations unless their result is cached.

    Raises MigrationError, and StartError when PostgreSQL does not start.
    """
    await _described()


def load() -> None:
    """Create the schemas with the real drivers, before those are replaced.

    Raises NotSimulatedError, MigrationError, StartError.
    """
    if _Loaded.schemas is None:
        described = asyncio.run(_described())
        _Loaded.schemas = {name: Schema(tables_of(text)) for name, text in described.items()}


async def _described() -> dict[str, str]:
    return await snapshots([*MIGRATIONS.values()], tree_root() / ".waybill" / "cache" / "simulate")


def schema_of(service: str) -> Schema:
    """Return a schema. Raises LookupError before `load`."""
    if _Loaded.schemas is None:
        raise LookupError("no schema is loaded")
    return _Loaded.schemas[service]
