"""The names of a package that its user can choose, and their validation.

Each language declares in `NAMES` which of the options it has. An option that a language does not
have is refused, and so is a value that cannot be such a name.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

URL: Final = "https://example.com/waybill"
"""The project's address in a package's metadata: a placeholder, as in Go's default module path."""

_NAMES: Final = ("name", "module", "group")


class OptionError(Exception):
    """An option cannot be used. The message says which, and what to write."""


@dataclass(frozen=True, slots=True)
class PackageOptions:
    """What `waybill sdk` takes as options; None is the default of the language.

    `name` is the package's name in its registry, `module` the name to import it by, `group` its
    group (Maven), `url` the address of its project.
    """

    name: str | None = None
    module: str | None = None
    group: str | None = None
    url: str | None = None

    @property
    def project_url(self) -> str:
        return self.url or URL


@dataclass(frozen=True, slots=True)
class NameRule:
    """The values that an option of a language can have."""

    what: str
    """`the name of a Python module`."""
    pattern: str
    """A regular expression for the whole value."""
    example: str
    reserved: frozenset[str] = frozenset()
    """Words that no part of the value, between dots, can be."""

    def allows(self, value: str) -> bool:
        return re.fullmatch(self.pattern, value) is not None and self.reserved.isdisjoint(
            value.split(".")
        )


def check(language: str, rules: Mapping[str, NameRule], options: PackageOptions) -> None:
    """Raise OptionError for the first option that the language does not have or cannot use."""
    for option in _NAMES:
        value: str | None = getattr(options, option)
        if value is None:
            continue
        if option not in rules:
            have = " and ".join(f"--{each}" for each in rules)
            raise OptionError(f"an SDK for {language} has no --{option}; it has {have}.")
        rule = rules[option]
        if not rule.allows(value):
            raise OptionError(
                f"--{option} {value!r} cannot be {rule.what}; write one like {rule.example}."
            )
    if options.url is not None and not _is_web_address(options.url):
        raise OptionError(f"--url {options.url!r} is no web address; write one like {URL}.")


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    plain = re.fullmatch(r"[!#-;=?-\[\]_a-z~]+", value) is not None  # RFC 3986, without ' and "
    return plain and parts.scheme in {"http", "https"} and bool(parts.hostname)
