"""What is stored of a user."""

from uuid import UUID

from pydantic import MISSING

from identity.contract import api, models
from identity.contract.problems import UserNotFound
from identity.operations.keys import NO_STORE
from identity.parts import Operations
from identity.user_data import UserData, read_user_data
from waybill.http import Call, Owner
from waybill.postgres import Transaction
from waybill.security_log import record


class UserDataOperations(Operations):
    """The operation by which users get what is stored of them."""

    async def get_user(self, call: Call, *, owner: Owner, user_id: UUID) -> api.GetUserResult:
        """Return the caller, or anybody for an administrator, and record it."""

        async def run(tx: Transaction) -> api.GetUserResult:
            is_permitted = owner.owns(str(user_id))
            found = await read_user_data(tx, self._vault, user_id) if is_permitted else None
            if found is None:
                return UserNotFound(detail=f"There is no user {user_id}.")
            await record(tx, "user.read", target=str(user_id))
            return api.GetUser200(body=_user(found), cache_control=NO_STORE)

        return await call.transact(self._database, run)


def _user(data: UserData) -> models.User:
    return models.User(
        user_id=data.user.user_id,
        customer_ref=MISSING if data.user.customer_ref is None else data.user.customer_ref,
        email=data.email,
        status=models.UserStatus(data.user.status),
        created_at=data.created_at,
        roles=list(data.roles),
        has_totp=data.has_totp,
        permissions=[
            models.Permission(
                client_id=each.client_id, scopes=sorted(each.scopes), given_at=each.given_at
            )
            for each in data.permissions
        ],
    )
