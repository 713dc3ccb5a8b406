"""The principals of a demonstration, on a laptop: five people and a shop.

Their secrets are made at random on that laptop, as files of one folder: the API key of each person
(`waybill token alice` exchanges it for a token), and the client secret of `demo-shop`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID, uuid5

from identity import api_keys, clients, users
from identity.api_keys import KeyRow
from identity.contract.api import OPERATIONS
from identity.domain import Client, GrantType, User
from identity.opaque_tokens import digest
from identity.vault import Vault
from waybill.api_keys import read_api_key
from waybill.postgres import Database, Transaction

_NAMESPACE: Final = UUID("5f1e6d70-6f3e-4c1a-9a3b-5d0c6f8e2b41")
_KEY_LIFETIME: Final = timedelta(days=365)

SHOP: Final = "demo-shop"
SWAGGER: Final = "swagger-ui"
_SWAGGER_REDIRECTS: Final = tuple(
    f"http://{host}/docs/oauth2-redirect" for host in ("127.0.0.1", "localhost")
)
"""The port of a loopback address is not compared (RFC 8252, 7.3)."""


@dataclass(frozen=True, slots=True)
class DemoUser:
    """A person of the demonstration."""

    name: str
    customer_ref: str | None
    roles: Collection[str]

    @property
    def user_id(self) -> UUID:
        """The same on every laptop."""
        return uuid5(_NAMESPACE, self.name)


DEMO_USERS: Final = (
    DemoUser("alice", "alice", ("customer",)),
    DemoUser("bob", "bob", ("customer",)),
    DemoUser("carol", None, ("clerk",)),
    DemoUser("dave", None, ()),
    DemoUser("erin", None, ("administrator", "clerk")),
)


class DemoSecretError(Exception):
    """A secret of the demonstration cannot be read; the message names its file."""


async def seed_demo_users(
    database: Database, vault: Vault, folder: Path, scopes: Collection[str], now: datetime
) -> None:
    """Create the principals, or give them the secrets that the folder has now.

    `scopes` are those of the shop. Raises DemoSecretError.
    """

    async def run(tx: Transaction) -> None:
        for user in DEMO_USERS:
            await _seed_user(tx, vault, user, folder, now)
        secret = _read(folder / SHOP)
        for client in (_shop(secret, scopes), _swagger(scopes)):
            await clients.write_client(tx, client, created_by=None, now=now)

    await database.run(run)


async def _seed_user(
    tx: Transaction, vault: Vault, demo: DemoUser, folder: Path, now: datetime
) -> None:
    key = read_api_key(_read(folder / demo.name))
    if key is None:
        raise DemoSecretError(f"{folder / demo.name} has no API key; delete it to get a new one")
    user = User(demo.user_id, demo.customer_ref, "active")
    email = f"{demo.name}@example.com"
    if await users.insert_user(tx, vault, user, email, now):
        await users.set_roles(tx, user.user_id, demo.roles)
    known = await users.lock_user(tx, user.user_id)
    if known is None or known.status != "active":
        return  # it was erased, and stays so
    permitted = await users.scopes_of(tx, user.user_id)
    row = KeyRow(
        key_id=key.key_id,
        user_id=user.user_id,
        name="demonstration",
        scopes=permitted,
        created_at=now,
        expires_at=now + _KEY_LIFETIME,
    )
    await api_keys.put_key(tx, key, row)


def _shop(secret: str, scopes: Collection[str]) -> Client:
    return Client(
        client_id=SHOP,
        service_id=uuid5(_NAMESPACE, SHOP),
        name="Demonstration",
        secret_digest=digest(secret),
        redirect_uris=(),
        scopes=frozenset(scopes),
        grants=frozenset({GrantType.CLIENT_CREDENTIALS}),
    )


def _swagger(scopes: Collection[str]) -> Client:
    """Return Swagger UI at the gateway: it has no secret, and may ask for every scope."""
    own = {scope for each in OPERATIONS for scope in each.scopes or ()}
    own |= {each.owner.everybody for each in OPERATIONS if each.owner is not None}
    return Client(
        client_id=SWAGGER,
        service_id=uuid5(_NAMESPACE, SWAGGER),
        name="Swagger UI",
        secret_digest=None,
        redirect_uris=_SWAGGER_REDIRECTS,
        scopes=frozenset(own | set(scopes)),
        grants=frozenset({GrantType.AUTHORIZATION_CODE}),
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise DemoSecretError(f"{path} cannot be read: {error.strerror}") from None
