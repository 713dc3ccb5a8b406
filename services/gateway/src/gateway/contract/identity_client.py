"""What gateway calls of identity. Generated; never edited."""

from dataclasses import dataclass
from typing import ClassVar, Final, TypeAlias

from waybill.calls import CalledOperation, ServiceClient
from waybill.http import Answer, Operation

from gateway.contract import identity_models as models
from gateway.contract import problems


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeApiKey200(Answer):
    """The token."""

    status: ClassVar[int] = 200
    body: models.ApiKeyToken
    cache_control: str


ExchangeApiKeyResult: TypeAlias = ExchangeApiKey200 | problems.InvalidApiKey


_EXCHANGE_API_KEY: Final = CalledOperation[ExchangeApiKeyResult](
    Operation(
        id="exchange_api_key",
        method="POST",
        path="/v1/api-key-tokens",
        scopes=None,
        body=models.ExchangeApiKey,
        answers=(ExchangeApiKey200, problems.InvalidApiKey),
    ),
    is_repeatable=True,
)


class IdentityClient:
    """The called operations. They raise CallError when identity gives no declared answer."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def exchange_api_key(self, body: models.ExchangeApiKey) -> ExchangeApiKeyResult:
        """Exchange an API key for an access token.

        The token has the scopes of the key that its owner has too, for five minutes.
        """
        return await self._client.call(_EXCHANGE_API_KEY, body=body)
