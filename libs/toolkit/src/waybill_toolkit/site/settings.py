"""Tables of settings, generated from the settings classes."""

import importlib.util
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

from waybill.process.settings import AccessSettings, ProcessSettings, Settings
from waybill.process.trace_settings import PREFIX, TraceSettings
from waybill_toolkit.contracts.reference.shapes import limits_of, words_of
from waybill_toolkit.contracts.settings_class import settings_class_of

_COMMON: Final[tuple[type[ProcessSettings], ...]] = (Settings, AccessSettings, ProcessSettings)


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable."""

    name: str
    type: str
    limits: tuple[str, ...]
    default: str | None
    """None for a required setting."""
    text: str


def common_settings() -> list[Setting]:
    """Return the settings that every service has."""
    return _settings(Settings, without=())


def trace_settings() -> list[Setting]:
    """Return the settings of traces, which have the names of OpenTelemetry."""
    return _settings(TraceSettings, without=(), prefix=PREFIX)


def own_settings(root: Path, service: str) -> list[Setting]:
    """Return the settings of a service without the common ones."""
    found = _settings_class(root, service)
    common = next(each for each in _COMMON if issubclass(found, each))
    return _settings(found, without=common.model_fields)


def _settings_class(root: Path, service: str) -> type[ProcessSettings]:
    source = root / "services" / service / "src"
    if importlib.util.find_spec(service) is None:  # a service that was just added
        sys.path.append(str(source))
    return settings_class_of(service)


def _settings(
    settings: type[BaseSettings], without: Collection[str], prefix: str = "WAYBILL"
) -> list[Setting]:
    schema = settings.model_json_schema()
    properties: dict[str, Any] = schema["properties"]
    return [
        _setting(f"{prefix}_{name.upper()}", properties[name], field.default, field.description)
        for name, field in settings.model_fields.items()
        if name not in without
    ]


def _setting(name: str, schema: dict[str, Any], default: object, text: str | None) -> Setting:
    shapes = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    return Setting(
        name=name,
        type=" or ".join("".join(word.text for word in words_of(each)) for each in shapes),
        limits=tuple(limit for each in shapes for limit in limits_of(_without_default(each))),
        default=None if default is PydanticUndefined else _shown(default),
        text=" ".join(f"{text or ''} {_or_a_file(name, schema)}".split()),
    )


def _or_a_file(name: str, schema: dict[str, Any]) -> str:
    is_secret = any(each.get("writeOnly") for each in schema.get("anyOf", [schema]))
    return f"Or `{name}_FILE`, the path of a file with it." if is_secret else ""


def _without_default(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != "default"}


def _shown(default: object) -> str:
    if default is None:
        return ""
    return f"{default:g}" if isinstance(default, float) else str(default)
