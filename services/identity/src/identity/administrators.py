"""`python -m identity admin add EMAIL`: gives roles without a caller who has them.

For the first administrator of a deployment. It is run where identity runs, with its settings, by
who could change the database anyway.
"""

import argparse
import asyncio
import sys
from collections.abc import Collection, Sequence
from typing import Final

from identity import roles, users
from identity.app import app
from identity.contract.events import send
from identity.contract.sent import RolesChanged
from identity.settings import IdentitySettings
from identity.vault import Vault
from waybill.actor import SYSTEM
from waybill.clock import SystemClock
from waybill.postgres import Database, DatabaseUnavailableError, Transaction
from waybill.process.event_runtime import open_database
from waybill.process.wrong_settings import WrongSettingsError
from waybill.security_log import record

_ROLE: Final = "administrator"


class NoSuchUserError(Exception):
    """Nobody can be given the role; the message says what to do."""


async def add_roles(
    database: Database, vault: Vault, email: str, names: Collection[str]
) -> list[str]:
    """Give a user roles in addition to those it has; return all. Raises NoSuchUserError."""

    async def run(tx: Transaction) -> list[str]:
        tx.actor = SYSTEM
        found = await users.find_user_by_email(tx, vault, email)
        user = None if found is None else await users.lock_user(tx, found.user_id)
        if user is None or user.status != "active":
            message = "register with it, follow the link in the mail, and repeat the command"
            raise NoSuchUserError(f"No user has the verified address {email}: {message}.")
        if unknown := sorted({*names} - (await roles.lock_roles(tx, names)).keys()):
            raise NoSuchUserError(f"There is no role {', '.join(unknown)}.")
        before = await users.list_roles_of(tx, user.user_id)
        wanted = sorted({*before, *names})
        if wanted != before:
            await users.set_roles(tx, user.user_id, wanted)
            send(tx, RolesChanged(user_id=user.user_id, roles=wanted))
            detail = {"roles": " ".join(wanted), "by": "python -m identity admin add"}
            await record(tx, "user.roles-changed", target=str(user.user_id), detail=detail)
        return wanted

    return await database.run(run)


def main(arguments: Sequence[str]) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m identity admin")
    commands = parser.add_subparsers(required=True)
    adding = commands.add_parser("add", help="Give a registered user roles.")
    adding.add_argument("email", metavar="EMAIL")
    adding.add_argument("--role", action="append", help=f"repeatable; {_ROLE} by default")
    options = parser.parse_args(arguments)
    try:
        given = asyncio.run(_add(app.read_settings(), options.email, options.role or [_ROLE]))
    except (NoSuchUserError, WrongSettingsError, DatabaseUnavailableError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{options.email} has the roles {', '.join(given)}.\n")
    return 0


async def _add(settings: IdentitySettings, email: str, names: Collection[str]) -> list[str]:
    vault = Vault(settings.key_encryption_keys, settings.index_key.get_secret_value())
    database = await open_database(settings, SystemClock())
    try:
        return await add_roles(database, vault, email, names)
    finally:
        await database.close()
