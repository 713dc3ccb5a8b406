"""Access tokens for the requests of the toolkit's commands.

On a platform that asks for tokens they are those of the service `demo-shop`, which may do
everything. They come from the gateway by client credentials, and are replaced before they expire.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit

import orjson

from waybill_toolkit.contracts.sdk.python.runtime.token_cache import AccessToken, AsyncTokenCache
from waybill_toolkit.contracts.sdk.python.runtime.tokens import AsyncTokenProvider
from waybill_toolkit.operations.workload.wire import ConnectionLostError, Origin, Response
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.identity import SHOP, secret_of
from waybill_toolkit.platform.plan import GATEWAY

_PATH: Final = "/oauth/token"
_FORM: Final = urlencode({"grant_type": "client_credentials"}).encode()


def tokens_of(platform: Platform) -> AsyncTokenProvider | None:
    """Return the tokens for requests to a platform; None when it asks for none."""
    secret = secret_of(platform.folder, SHOP) if platform.asks_for_tokens else None
    if secret is None:
        return None
    gateway = urlsplit(platform.addresses[GATEWAY])
    origin = Origin(str(gateway.hostname), gateway.port or 80)
    basic = b64encode(f"{SHOP}:{secret}".encode()).decode()
    headers = {
        "authorization": f"Basic {basic}",
        "content-type": "application/x-www-form-urlencoded",
    }

    async def fetch() -> AccessToken:
        return _read(await origin.request("POST", _PATH, headers, _FORM))

    return AsyncTokenCache(fetch)


@dataclass(frozen=True, slots=True)
class BearerOrigin:
    """Sends requests with a token, and once more with a new one when the token is refused."""

    origin: Origin
    tokens: AsyncTokenProvider | None

    async def request(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Response:
        """Send a request and return the response.

        Raises ConnectionLostError, also when there is no token.
        """
        if self.tokens is None:
            return await self.origin.request(method, target, headers, body)
        token = await self.tokens(None)
        bearer = {**headers, "authorization": f"Bearer {token}"}
        response = await self.origin.request(method, target, bearer, body)
        if response.status != 401:
            return response
        bearer["authorization"] = f"Bearer {await self.tokens(token)}"
        return await self.origin.request(method, target, bearer, body)

    def close(self) -> None:
        """Close the connections."""
        self.origin.close()


def _read(response: Response) -> AccessToken:
    """Read a token. Anything else is a lost connection: the caller tries again for a while."""
    if response.status != 200:
        raise ConnectionLostError(f"there is no access token: status {response.status}")
    found = orjson.loads(response.body)
    return AccessToken(found["access_token"], found["expires_in"])
