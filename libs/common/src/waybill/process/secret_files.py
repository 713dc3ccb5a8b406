"""Secrets from files: `WAYBILL_DATABASE_URL_FILE` is the path of a file with the database's URL.

Each setting that is a secret can be given so, as Docker and Kubernetes mount secrets: a file is not
in the environment of child processes, nor in `docker inspect`.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from typing_extensions import override

from waybill.process.wrong_settings import WrongSettingsError

_SUFFIX: Final = "_FILE"


class SecretFiles(PydanticBaseSettingsSource):
    """The values of secret settings that come from files. Raises WrongSettingsError."""

    @override
    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False  # `__call__` reads all of them

    @override
    def __call__(self) -> dict[str, Any]:
        given = {name.upper(): value for name, value in os.environ.items() if value}
        found, faults = {}, []
        prefix = self.config.get("env_prefix", "")
        for name in secrets_of(self.settings_cls.model_fields):
            variable = prefix + name.upper()
            path = given.get(variable + _SUFFIX)
            if path is None:
                continue
            if variable in given:
                faults.append(f"Set either {variable} or {variable}{_SUFFIX}, not both.")
                continue
            try:
                found[name] = Path(path).read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
                faults.append(f"{variable}{_SUFFIX} is wrong: {path} cannot be read: {reason}.")
        if faults:
            raise WrongSettingsError(tuple(faults))
        return found


class EnvironmentSettings(BaseSettings):
    """Settings from environment variables; those that are secrets, also from files.

    Errors name the wrong settings and contain no values.
    """

    model_config = SettingsConfigDict(
        env_ignore_empty=True,
        frozen=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, SecretFiles(settings_cls)


def secrets_of(fields: Mapping[str, FieldInfo]) -> list[str]:
    """Return the names of the settings that are secrets."""
    return [name for name, field in fields.items() if _is_secret(field.annotation)]


def _is_secret(annotation: object) -> bool:
    return annotation is SecretStr or any(map(_is_secret, get_args(annotation)))
