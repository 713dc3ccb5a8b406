"""The names that a user of `waybill sdk java` can choose, and where they occur."""

import re
from collections.abc import Mapping
from typing import Final

from waybill_toolkit.contracts.sdk.java.spelling import KEYWORDS
from waybill_toolkit.contracts.sdk.options import NameRule, PackageOptions

NAMES: Final[Mapping[str, NameRule]] = {
    "name": NameRule(
        what="the artifactId of a Maven project",
        pattern=r"[a-z][a-z0-9]*([._-][a-z0-9]+)*",
        example="acme-waybill",
    ),
    "module": NameRule(
        what="the name of a Java package",
        pattern=r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*",
        example="com.acme.waybill",
        reserved=KEYWORDS,
    ),
    "group": NameRule(
        what="the groupId of a Maven project",
        pattern=r"[a-z][a-z0-9-]*(\.[a-z0-9-]+)*",
        example="com.acme",
    ),
}

SOURCES: Final = "src/main/java/"
ROOT: Final = f"{SOURCES}waybill/"
"""The folder of the package `waybill`, the one in the templates."""

_REFERENCE: Final = re.compile(r"((?:\b(?:package|import|exports|module)|@link|@throws) )waybill\b")


def package_of(options: PackageOptions) -> str:
    """Return the base package: the one that was chosen, or the one that belongs to the group."""
    if options.module or not options.group:
        return options.module or "waybill"
    return ".".join(map(_part, options.group.split(".")))


def _part(name: str) -> str:
    """Follow the convention of the Java Language Specification, 6.1."""
    found = name.replace("-", "_")
    if found in KEYWORDS:
        return f"{found}_"
    return found if found[:1].isalpha() else f"_{found}"


def moved(base: str, path: str, text: str) -> tuple[str, str]:
    """Return the path and the text of a file for another base package than `waybill`."""
    folder = f"{SOURCES}{base.replace('.', '/')}/"
    return path.replace(ROOT, folder, 1), _REFERENCE.sub(rf"\g<1>{base}", text)
