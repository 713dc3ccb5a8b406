"""Exports and erases a person by the operations of the services, as an administrator."""

from base64 import urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self, TypeAlias
from uuid import UUID

import httpx
import orjson

from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.identity import PEOPLE
from waybill_toolkit.platform.plan import GATEWAY
from waybill_toolkit.platform.token import fetch_token

Json: TypeAlias = dict[str, Any]

ADMINISTRATOR: Final = "erin"
"""Administers users, and reaches everybody's orders and payments as a clerk."""

_CUSTOMER: Final = "cus_"
_SECONDS: Final = 30.0
_OF_USER: Final = {"api_keys": "/v1/api-keys", "sessions": "/v1/sessions"}
_OF_CUSTOMER: Final = {"orders": "/v1/orders", "payments": "/v1/payments"}


def find_user_id(platform: Platform, person: str) -> UUID:
    """Return the id of a user by its id, its `cus_...`, or the name of a demo principal.

    Raises PlatformError.
    """
    if person in PEOPLE:
        return UUID(_claims(fetch_token(platform, person))["user_id"])
    try:
        return UUID(person.removeprefix(_CUSTOMER))
    except ValueError:
        raise PlatformError(
            f"{person} is no user: give a user_id, a customer_ref such as cus_019ab2d4..., or one"
            f" of {', '.join(PEOPLE)}."
        ) from None


@dataclass(frozen=True, slots=True)
class PersonalData:
    """The operations for one person after another, as an administrator."""

    http: httpx.Client

    @classmethod
    def of(cls, platform: Platform) -> Self:
        """Call the gateway of a platform. Raises PlatformError."""
        headers = {"Authorization": f"Bearer {fetch_token(platform, ADMINISTRATOR)}"}
        address = platform.addresses[GATEWAY]
        return cls(httpx.Client(base_url=address, headers=headers, timeout=_SECONDS))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.http.close()

    def export(self, user_id: UUID) -> Json:
        """Return what the services store of a user. Raises PlatformError."""
        user = self._ask("GET", f"/v1/users/{user_id}")
        found: Json = {"user": user}
        for name, path in _OF_USER.items():
            found[name] = list(self._pages(path, {"user_id": str(user_id)}))
        for name, path in _OF_CUSTOMER.items():
            query = {"customer_ref": user.get("customer_ref", "")}
            found[name] = list(self._pages(path, query)) if query["customer_ref"] else []
        return found

    def erase(self, user_id: UUID) -> None:
        """Erase a user; one that is erased already stays so. Raises PlatformError."""
        self._ask("DELETE", f"/v1/users/{user_id}")

    def _pages(self, path: str, query: dict[str, str]) -> Iterator[Json]:
        page = self._ask("GET", path, query)
        yield from page["items"]
        while page["next_cursor"] is not None:
            page = self._ask("GET", path, {**query, "cursor": page["next_cursor"]})
            yield from page["items"]

    def _ask(self, method: str, path: str, query: dict[str, str] | None = None) -> Json:
        try:
            answer = self.http.request(method, path, params=query)
        except httpx.HTTPError as error:
            raise PlatformError(f"The platform does not answer: {error}.") from error
        if answer.is_success:
            found: Json = answer.json()
            return found
        try:
            detail = answer.json()["detail"]
        except (ValueError, KeyError):
            detail = f"{method} {path} is answered with {answer.status_code}."
        raise PlatformError(detail)


def _claims(token: str) -> dict[str, str]:
    """Read the claims of a token that was just issued."""
    payload = token.split(".")[1]
    claims: dict[str, str] = orjson.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims
