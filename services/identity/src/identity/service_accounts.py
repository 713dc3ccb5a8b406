"""`python -m identity service-account add NAME --scope SCOPE`: an account without a caller.

For the first program of a deployment: only a caller can create an account by the API, and callers
get tokens through one. It is run where identity runs, with its settings, by who could change the
database anyway.
"""

import argparse
import asyncio
import sys
from collections.abc import Collection, Sequence
from typing import Final

from pydantic import ValidationError

from identity import roles
from identity.app import app
from identity.commands.administer import CreatedClient, create_service_account
from identity.contract import models
from identity.contract.problems import ScopeNotHeld
from identity.settings import IdentitySettings
from waybill.actor import SYSTEM
from waybill.clock import Clock, SystemClock
from waybill.postgres import Database, DatabaseUnavailableError, Transaction
from waybill.process.event_runtime import open_database
from waybill.process.wrong_settings import WrongSettingsError

_COMMAND: Final = "python -m identity service-account"


class WrongAccountError(Exception):
    """There can be no such account; the message says why."""


async def add_account(
    database: Database, clock: Clock, name: str, scopes: Collection[str]
) -> CreatedClient:
    """Create a service account with scopes of any roles. Raises WrongAccountError."""
    try:
        models.CreateServiceAccount(name=name, scopes=list(scopes))
    except ValidationError as error:
        faults = [f"{each['loc'][0]}: {each['msg']}" for each in error.errors()]
        raise WrongAccountError("\n".join(faults)) from None

    async def run(tx: Transaction) -> CreatedClient:
        tx.actor = SYSTEM
        known = {scope for role in await roles.list_roles(tx) for scope in role.scopes}
        created = await create_service_account(
            tx, name, scopes, known, created_by=SYSTEM, now=clock.now()
        )
        if isinstance(created, ScopeNotHeld):
            raise WrongAccountError(
                f"No role has the scope {created.scope}; there are {', '.join(sorted(known))}."
            )
        return created

    return await database.run(run)


def main(arguments: Sequence[str]) -> int:
    """Run the command, which prints ID:SECRET; return its exit status."""
    parser = argparse.ArgumentParser(prog=_COMMAND)
    commands = parser.add_subparsers(required=True)
    adding = commands.add_parser(
        "add", help="Create a service account, and print its ID:SECRET, which is shown once."
    )
    adding.add_argument("name", metavar="NAME")
    adding.add_argument("--scope", action="append", required=True, help="repeatable")
    options = parser.parse_args(arguments)
    try:
        created = asyncio.run(_add(app.read_settings(), options.name, options.scope))
    except (WrongAccountError, WrongSettingsError, DatabaseUnavailableError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{created.client.client_id}:{created.secret}\n")
    return 0


async def _add(settings: IdentitySettings, name: str, scopes: Collection[str]) -> CreatedClient:
    clock = SystemClock()
    database = await open_database(settings, clock)
    try:
        return await add_account(database, clock, name, scopes)
    finally:
        await database.close()
