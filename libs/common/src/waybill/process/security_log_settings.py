"""The settings of a service's security log (see waybill.security_log)."""

from pathlib import Path
from typing import Self

from pydantic import FilePath, model_validator
from pydantic_settings import BaseSettings

from waybill.security_log.heads import HeadKey, WrongKeyError


class SecurityLogSettings(BaseSettings):
    """Where signed heads of the log are kept."""

    security_log_heads: Path | None = None
    """A file to which the signed head of the security log is appended every minute. Put it where
    those who can write to the database cannot change it: on another machine, or a volume that only
    appends. Needs the next setting."""
    security_log_key: FilePath | None = None
    """A PEM file with the private key that signs heads: EC P-256 or Ed25519."""

    @model_validator(mode="after")
    def _heads_are_signed(self) -> Self:
        if (self.security_log_heads is None) != (self.security_log_key is None):
            raise ValueError(
                "set both WAYBILL_SECURITY_LOG_HEADS and WAYBILL_SECURITY_LOG_KEY, or neither"
            )
        if (folder := self.security_log_heads) and not folder.parent.is_dir():
            raise ValueError(f"WAYBILL_SECURITY_LOG_HEADS: {folder.parent} is not a folder")
        try:
            key = self.head_key
        except (OSError, WrongKeyError) as error:
            raise ValueError(f"WAYBILL_SECURITY_LOG_KEY: {error}") from None
        if key is not None and not key.can_sign:
            raise ValueError("WAYBILL_SECURITY_LOG_KEY: it must be a private key")
        return self

    @property
    def head_key(self) -> HeadKey | None:
        """The key that signs heads of the security log, if there is one."""
        path = self.security_log_key
        return HeadKey(path.read_bytes()) if path else None
