"""Assembles the identity service."""

from importlib.resources import files
from typing import Final

from identity.api import Api
from identity.contract.api import OPERATIONS
from identity.contract.events import TOPICS
from identity.demo_users import seed_demo_users
from identity.expiry import delete_expired
from identity.mail import MailFolder
from identity.own_access import OwnAccess
from identity.parts import Parts
from identity.passwords import Passwords
from identity.personal_columns import Reseal
from identity.settings import IdentitySettings
from identity.signing_keys import KeyRing, KeyRotation
from identity.token_signing import TokenSigner
from identity.vault import Vault
from waybill.app import Service, build, run, serves
from waybill.clock import Clock, SystemClock
from waybill.postgres.timers import Timer
from waybill.process.event_runtime import event_runtime, open_database

_POLL_SECONDS: Final = 60.0


@serves(files("identity.contract"), OPERATIONS)
async def assemble(settings: IdentitySettings, clock: Clock | None = None) -> Service:
    """Open the database and create all parts; tests pass a `clock`."""
    clock = clock or SystemClock()
    database = await open_database(settings, clock)
    vault = Vault(settings.key_encryption_keys, settings.index_key.get_secret_value())
    ring = KeyRing(database, vault, clock, settings.signing_key_published)
    await ring.rotate(settings.signing_key_period)  # the first request needs a key
    if settings.demo_users is not None:
        await seed_demo_users(
            database, vault, settings.demo_users, settings.demo_scopes.split(), clock.now()
        )
    signer = TokenSigner(ring, clock, issuer=settings.public_url, audience=settings.audience)
    own = OwnAccess(database, signer, clock, audience=settings.audience)
    passwords, mail = Passwords(), MailFolder(settings.mail_folder)
    is_demo = settings.demo_users is not None
    is_own = settings.issuer == settings.public_url
    return Service(
        api=Api(Parts(database, vault, signer, clock, own, passwords, mail, is_demo)),
        access=own if is_own else None,
        database=database,
        checks={"key encryption keys": vault.check},
        background=(
            *event_runtime(
                settings,
                database,
                clock,
                topics=TOPICS,
                timers=[
                    Timer("expired sessions", _POLL_SECONDS, delete_expired),
                    Timer("keys of users", _POLL_SECONDS, vault.people.rewrap),
                    Timer("columns of an earlier release", _POLL_SECONDS, Reseal(vault)),
                ],
            ),
            KeyRotation(ring, settings.signing_key_period),
        ),
        closing=(passwords.close,),
    )


app = build(IdentitySettings, assemble)


def main() -> None:
    """Run the service until it receives a stop signal."""
    run(app)
