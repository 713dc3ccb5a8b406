"""Settings of the identity service."""

from datetime import timedelta
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, DirectoryPath, Field, PositiveFloat, SecretStr, model_validator

from waybill.process.addresses import SafeAddress, is_loopback
from waybill.process.settings import Settings

_INDEX_KEY_CHARACTERS_MIN = 32


def _long(key: SecretStr) -> SecretStr:
    if len(key.get_secret_value()) < _INDEX_KEY_CHARACTERS_MIN:
        raise ValueError(f"it needs at least {_INDEX_KEY_CHARACTERS_MIN} random characters")
    return key


class IdentitySettings(Settings):
    """The common settings; see `waybill.process.settings.Settings`."""

    service: str = "identity"

    public_url: SafeAddress
    """The address at which clients reach identity, which is the gateway's: the `iss` of tokens."""
    audience: str = "waybill"
    """The `aud` of access tokens: WAYBILL_ACCESS_AUDIENCE of the services that accept them."""

    key_encryption_keys: DirectoryPath
    """The folder of the keys that encrypt signing keys, and the keys of users, which encrypt their
    personal data: `<UTC time>.key` with 64 hexadecimal digits. The newest encrypts; older ones
    still decrypt."""
    index_key: Annotated[SecretStr, AfterValidator(_long)]
    """The secret that indexes e-mail addresses. It cannot be changed."""

    signing_key_days: PositiveFloat = 30.0
    """The interval at which the next signing key comes into use."""
    signing_key_published_seconds: Annotated[float, Field(ge=15, le=3_600)] = 360.0
    """The time for which a key is published before it signs. Services read the keys every five
    minutes, and when a token names an unknown one, at most once in 10 seconds. With less than 360
    they must reach identity when a new key signs, otherwise they refuse its tokens."""

    mail_folder: DirectoryPath
    """The folder that mails are written to, as one file each, until there is a mail service."""

    demo_users: DirectoryPath | None = None
    """The folder with the secrets of the principals of a demonstration. With it, identity has users
    whose API keys lie in files, so it starts on loopback addresses only."""
    demo_scopes: str = ""
    """The scopes of the service demo-shop of a demonstration, separated by spaces."""

    @model_validator(mode="after")
    def _demo_users_stay_here(self) -> Self:
        if self.demo_users is not None:
            public_host = urlsplit(self.public_url).hostname or ""
            if not (is_loopback(self.host) and is_loopback(public_host)):
                raise ValueError(
                    "WAYBILL_DEMO_USERS needs loopback addresses in WAYBILL_HOST and"
                    " WAYBILL_PUBLIC_URL: it is for a laptop; unset it anywhere else"
                )
        return self

    @property
    def signing_key_period(self) -> timedelta:
        """The interval at which the next signing key comes into use."""
        return timedelta(days=self.signing_key_days)

    @property
    def signing_key_published(self) -> timedelta:
        """The time for which a key is published before it signs."""
        return timedelta(seconds=self.signing_key_published_seconds)
