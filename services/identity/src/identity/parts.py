"""What every operation of identity needs."""

from dataclasses import dataclass

from identity.mail import MailFolder
from identity.own_access import OwnAccess
from identity.passwords import Passwords
from identity.token_signing import TokenSigner
from identity.vault import Vault
from waybill.clock import Clock
from waybill.postgres import Database


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one process."""

    database: Database
    vault: Vault
    signer: TokenSigner
    clock: Clock
    tokens: OwnAccess
    passwords: Passwords
    mail: MailFolder
    has_demo_users: bool = False
    """Whether the principals of a demonstration log in without a password."""


class Operations:
    """Operations that use the parts of a process."""

    def __init__(self, parts: Parts) -> None:
        self._database = parts.database
        self._vault = parts.vault
        self._signer = parts.signer
        self._clock = parts.clock
        self._tokens_access = parts.tokens
        self._passwords = parts.passwords
        self._mail = parts.mail
        self._base = parts.signer.issuer.rstrip("/")
