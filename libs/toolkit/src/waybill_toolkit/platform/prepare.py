"""Prepares the databases before the services start: roles, databases, migrations.

A separate process, forked by the pre-fork server. Its output is its log.
"""

import asyncio
import os
import sys

import asyncpg

from waybill.postgres import SchemaRefusedError
from waybill.postgres.migrations import MigrationError, migrate
from waybill_toolkit.platform.databases import Administrator
from waybill_toolkit.platform.plan import Plan, ServicePlan
from waybill_toolkit.platform.postgres import ADMIN, postgres_url
from waybill_toolkit.platform.secret_files import SecretFiles

_SHARED_DATABASES = ("postgres", "template1")


async def prepare(plan: Plan) -> None:
    """Create missing databases and apply new migrations. This is idempotent."""
    secrets = SecretFiles(plan.data)
    services = [service for service in plan.services if service.has_database]
    url = postgres_url(plan.postgres_port, "postgres", ADMIN, secrets.password(ADMIN))
    connection = await asyncpg.connect(url)
    try:
        administrator = Administrator(connection)
        for database in _SHARED_DATABASES:
            await administrator.close_database(database)
        for service in services:
            await administrator.ensure_role(service.name, secrets.password(service.name))
            for database in plan.databases_of(service.name):
                if await administrator.ensure_database(database, service.name):
                    print(f"{service.name}: created the database {database}", flush=True)
    finally:
        await connection.close()
    async with asyncio.TaskGroup() as tasks:
        for service in services:
            tasks.create_task(_migrate(plan, service))


async def _migrate(plan: Plan, service: ServicePlan) -> None:
    for database in plan.databases_of(service.name):
        applied = await migrate(
            plan.database_url(service.name, database),
            service.folder / "migrations",
            allow_newer=plan.accepts_newer,
        )
        for name in applied:
            print(f"{database}: applied {name}", flush=True)


def main() -> None:
    """Exit with status 1 and a message when a migration is refused or fails."""
    try:
        asyncio.run(prepare(Plan.from_json(sys.argv[1])))
    except* MigrationError as refused:
        for error in refused.exceptions:
            print(f"{error} (`waybill up --fresh` begins with empty databases)", flush=True)
        sys.exit(1)
    except* SchemaRefusedError as other:
        for reason in other.exceptions:
            print(f"{reason}.", flush=True)
        sys.exit(os.EX_CONFIG)
