"""Roles, service accounts and the rotation of signing keys."""

from uuid import UUID

from pydantic import MISSING

from identity import roles
from identity.commands import administer
from identity.contract import api, models
from identity.contract.problems import ServiceAccountNotFound, UserNotFound
from identity.parts import Operations
from identity.roles import Role
from identity.signing_keys import SigningKey, make_drafts
from identity.token_signing import service_subject
from waybill.http import Call, Owner
from waybill.http.body import refused_body
from waybill.http.problems import FieldError, Problem
from waybill.postgres import Transaction


class AdministrationOperations(Operations):
    """The operations of administrators."""

    async def list_roles(self, _call: Call) -> api.ListRolesResult:
        """Return all roles."""
        async with self._database.connection() as connection:
            found = await roles.list_roles(connection)
        return api.ListRoles200(body=models.RoleList(items=[_role(each) for each in found]))

    async def set_role(self, call: Call, body: models.SetRole, *, role: str) -> api.SetRoleResult:
        """Create a role, or set its scopes."""

        async def run(tx: Transaction) -> api.SetRoleResult:
            wanted = Role(role, frozenset(body.scopes))
            done = await administer.set_role(tx, wanted, call.principal.scopes)
            return done if isinstance(done, Problem) else api.SetRole200(body=_role(done))

        return await call.transact(self._database, run)

    async def set_user_roles(
        self, call: Call, body: models.SetUserRoles, *, owner: Owner, user_id: UUID
    ) -> api.SetUserRolesResult:
        """Replace the roles of a user. A caller that may do this may do it for everybody."""

        async def run(tx: Transaction) -> api.SetUserRolesResult:
            if not owner.owns(str(user_id)):
                return UserNotFound(detail=f"There is no user {user_id}.")
            done = await administer.set_user_roles(tx, user_id, body.roles, call.principal.scopes)
            if isinstance(done, Problem):
                return done
            return api.SetUserRoles200(body=models.UserRoles(user_id=user_id, roles=done))

        return await call.transact(self._database, run)

    async def create_service_account(
        self, call: Call, body: models.CreateServiceAccount
    ) -> api.CreateServiceAccountResult:
        """Create a service account and show its secret, once; a public application has none."""
        if body.is_public is True and body.redirect_uris is MISSING:
            detail = "Only an application with redirect URIs can be public."
            raise refused_body(
                (FieldError(pointer="/is_public", code="needs_redirect_uris", detail=detail),)
            )

        async def run(tx: Transaction) -> api.CreateServiceAccountResult:
            done = await administer.create_service_account(
                tx,
                body.name,
                body.scopes,
                call.principal.scopes,
                redirect_uris=() if body.redirect_uris is MISSING else body.redirect_uris,
                is_public=body.is_public is True,
                created_by=call.principal.subject,
                now=self._clock.now(),
            )
            if isinstance(done, Problem):
                return done
            created = models.CreatedServiceAccount(
                client_id=done.client.client_id,
                client_secret=MISSING if done.secret is None else done.secret,
                sub=service_subject(done.client.service_id),
            )
            location = f"/v1/service-accounts/{created.client_id}"
            return api.CreateServiceAccount201(body=created, location=location)

        return await call.transact(self._database, run)

    async def remove_service_account(
        self, call: Call, *, client_id: str
    ) -> api.RemoveServiceAccountResult:
        """Remove a service account."""

        async def run(tx: Transaction) -> api.RemoveServiceAccountResult:
            now = self._clock.now()
            if not await administer.remove_service_account(tx, client_id, now=now):
                return ServiceAccountNotFound(detail=f"There is no account {client_id}.")
            removed = models.RemovedServiceAccount(client_id=client_id)
            return api.RemoveServiceAccount200(body=removed)

        return await call.transact(self._database, run)

    async def rotate_signing_keys(self, call: Call) -> api.RotateSigningKeysResult:
        """Bring the next signing keys into use."""
        ring, now = self._signer.ring, self._clock.now()
        known_at = await ring.known_at()
        if now < known_at:
            return administer.too_new(known_at, now)
        drafts = await make_drafts()

        async def run(tx: Transaction) -> api.RotateSigningKeysResult:
            done = await administer.rotate_signing_keys(tx, ring, drafts, now=now)
            if isinstance(done, Problem):
                return done
            return api.RotateSigningKeys200(
                body=models.SigningKeyRotation(
                    items=[_signing_key(key) for key in done.keys],
                    possible_again_at=ring.next_known_at(done.keys),
                )
            )

        result = await call.transact(self._database, run)
        ring.read_again()
        return result

    async def revoke_signing_key(self, call: Call, *, kid: str) -> api.RevokeSigningKeyResult:
        """Revoke a signing key: nothing that it signed is accepted any more."""
        ring, drafts = self._signer.ring, await make_drafts()

        async def run(tx: Transaction) -> api.RevokeSigningKeyResult:
            done = await administer.revoke_signing_key(tx, ring, drafts, kid)
            if isinstance(done, Problem):
                return done
            items = [_signing_key(key) for key in done.keys]
            return api.RevokeSigningKey200(body=models.SigningKeyList(items=items))

        result = await call.transact(self._database, run)
        ring.read_again()
        return result


def _signing_key(key: SigningKey) -> models.SigningKey:
    return models.SigningKey(
        kid=key.kid,
        algorithm=models.SigningKeyAlgorithm(key.algorithm),
        state=models.SigningKeyState(key.state),
        since=key.since,
    )


def _role(role: Role) -> models.Role:
    return models.Role(role=role.role, scopes=sorted(role.scopes))
