"""What gateway sends to identity and gets from it. Generated; never edited."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictInt


class ApiKeyToken(BaseModel):
    model_config = ConfigDict(frozen=True)
    access_token: str
    token_type: str
    expires_in: Annotated[StrictInt, Field(ge=1, le=3600)]
    scope: str


class ExchangeApiKey(BaseModel):
    model_config = ConfigDict(frozen=True)
    api_key: Annotated[str, Field(max_length=200, min_length=1)]
