"""What administrators do; nobody gives more than it has."""

from collections.abc import Collection, Container
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from identity import clients, roles, users
from identity.contract.events import send
from identity.contract.problems import (
    RoleNotFound,
    ScopeNotHeld,
    SigningKeyNotFound,
    SigningKeysTooNew,
    UserNotFound,
)
from identity.contract.sent import RolesChanged
from identity.domain import PROTOCOL_SCOPES, USERS_GRANTS, Client, GrantType
from identity.opaque_tokens import digest, new_token
from identity.roles import Role
from identity.signing_keys import Drafts, KeyRing, Rotation
from waybill.ids import uuid7
from waybill.postgres import Transaction
from waybill.security_log import record


@dataclass(frozen=True, slots=True)
class CreatedClient:
    """A new client, with its secret, which is not stored. A public client has none."""

    client: Client
    secret: str | None


def refuse_more(scopes: Collection[str], held: Container[str]) -> ScopeNotHeld | None:
    """Return the refusal of scopes that a caller would give and does not have."""
    for scope in sorted(scopes):
        if scope not in held:
            detail = f"The caller lacks the scope {scope}, so it cannot give it."
            return ScopeNotHeld(detail=detail, scope=scope)
    return None


async def set_role(tx: Transaction, role: Role, held: Container[str]) -> Role | ScopeNotHeld:
    """Create a role or set its scopes; the caller must have those that it had, too."""
    before = (await roles.lock_roles(tx, [role.role])).get(role.role)
    touched = role.scopes | (before.scopes if before else frozenset())
    if refused := refuse_more(touched, held):
        return refused
    await roles.put_role(tx, role)
    scopes = " ".join(sorted(role.scopes))
    await record(tx, "role.changed", target=role.role, detail={"scopes": scopes})
    return role


async def set_user_roles(
    tx: Transaction, user_id: UUID, names: Collection[str], held: Container[str]
) -> list[str] | UserNotFound | RoleNotFound | ScopeNotHeld:
    """Replace the roles of a user; those that are added or taken must be within the caller's."""
    user = await users.lock_user(tx, user_id)
    if user is None or user.status == "removed":
        return UserNotFound(detail=f"There is no user {user_id}.")
    before = set(await users.list_roles_of(tx, user_id))
    changed = before.symmetric_difference(names)
    known = await roles.lock_roles(tx, changed)
    for name in sorted(changed):
        if name not in known:
            return RoleNotFound(detail=f"There is no role {name}; create it first.", role=name)
    if refused := refuse_more({s for role in known.values() for s in role.scopes}, held):
        return refused
    await users.set_roles(tx, user_id, names)
    if changed:
        send(tx, RolesChanged(user_id=user_id, roles=sorted(set(names))))
        detail = {"roles": " ".join(sorted(set(names)))}
        await record(tx, "user.roles-changed", target=str(user_id), detail=detail)
    return sorted(set(names))


async def remove_service_account(tx: Transaction, client_id: str, *, now: datetime) -> bool:
    """Remove a client; return False when there is none."""
    removed = await clients.remove_client(tx, client_id, now)
    if removed:
        await record(tx, "service-account.removed", target=client_id)
    return removed


async def create_service_account(
    tx: Transaction,
    name: str,
    scopes: Collection[str],
    held: Container[str],
    *,
    redirect_uris: Collection[str] = (),
    is_public: bool = False,
    created_by: str,
    now: datetime,
) -> CreatedClient | ScopeNotHeld:
    """Create a client that gets tokens for itself, with redirect URIs one that acts for users.

    Its id cannot be chosen. An application of users gets no tokens for itself: its scopes are what
    it may ask them for, and would be far more than one of them has. A public one keeps no secret.
    """
    if refused := refuse_more(set(scopes) - PROTOCOL_SCOPES, held):
        return refused
    service_id, secret = uuid7(), None if is_public else new_token()
    client = Client(
        client_id=f"svc_{service_id.hex}",
        service_id=service_id,
        name=name,
        secret_digest=None if secret is None else digest(secret),
        redirect_uris=redirect_uris,
        scopes=frozenset(scopes),
        grants=USERS_GRANTS if redirect_uris else frozenset({GrantType.CLIENT_CREDENTIALS}),
    )
    await clients.write_client(tx, client, created_by=created_by, now=now)
    detail = {"scopes": " ".join(sorted(scopes)), "redirect_uris": " ".join(redirect_uris)}
    await record(tx, "service-account.created", target=client.client_id, detail=detail)
    return CreatedClient(client, secret)


async def rotate_signing_keys(
    tx: Transaction, ring: KeyRing, drafts: Drafts, *, now: datetime
) -> Rotation | SigningKeysTooNew:
    """Bring the next keys into use, if every service has had the time to read them."""
    rotation = await ring.rotate_in(tx, timedelta(0), drafts)
    if not rotation.has_promoted:
        return too_new(ring.next_known_at(rotation.keys), now)
    kids = " ".join(key.kid for key in rotation.keys if key.state == "current")
    await record(tx, "signing-keys.rotated", detail={"kids": kids})
    return rotation


async def revoke_signing_key(
    tx: Transaction, ring: KeyRing, drafts: Drafts, kid: str
) -> Rotation | SigningKeyNotFound:
    """Revoke a key, such as one that was stolen."""
    rotation = await ring.revoke_in(tx, kid, drafts)
    if rotation is None:
        return SigningKeyNotFound(detail=f"There is no signing key {kid}, or it is revoked.")
    await record(tx, "signing-key.revoked", target=kid)
    return rotation


def too_new(known_at: datetime, now: datetime) -> SigningKeysTooNew:
    """Return the refusal of a rotation to keys that are known everywhere from `known_at` only."""
    seconds = max(1, ceil((known_at - now).total_seconds()))
    detail = f"Services may not have read the next keys yet. Repeat this in {seconds} seconds."
    return SigningKeysTooNew(detail=detail, retry_after_seconds=seconds)
