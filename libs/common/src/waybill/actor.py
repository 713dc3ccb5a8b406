"""The actor of an event: the principal that caused it, as text.

    user:<id>     a person             ce_authtype: user             ce_authid: user:<id>
    service:<id>  a program            ce_authtype: service_account  ce_authid: service:<id>
    system        a timer              ce_authtype: system
    anybody       an unknown caller    ce_authtype: unauthenticated

The headers are those of the CloudEvents auth context extension. They are information, no proof: a
receiver must not decide by them what it does. An event of an earlier release has none; its actor is
None. https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/authcontext.md
"""

import re
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias
from urllib.parse import quote

Kind: TypeAlias = Literal["user", "service"]

SYSTEM: Final = "system"
"""The service itself, as when a deadline has passed."""
ANYBODY: Final = "anybody"
"""A caller that is not authenticated."""

_TYPES: Final = {"user": b"user", "service": b"service_account"}
_NAMELESS: Final = {SYSTEM: b"system", ANYBODY: b"unauthenticated"}
_ACTORS: Final = {auth_type: actor for actor, auth_type in _NAMELESS.items()}
_ID_LENGTH_MAX: Final = 255
"""The maximum of a subject in OpenID Connect."""
_NAMED: Final = re.compile(rb"(user|service):[!-~]{1,%d}" % _ID_LENGTH_MAX)
_PRINTABLE: Final = "".join(map(chr, range(ord("!"), ord("~") + 1)))


def actor_of(subject: str, kind: Kind) -> str:
    """Return the actor of an authenticated subject; `kind` counts if the subject names none."""
    named, separator, identifier = subject.partition(":")
    if not separator or named not in _TYPES:
        named, identifier = kind, subject
    return f"{named}:{quote(identifier, safe=_PRINTABLE)[:_ID_LENGTH_MAX]}"


def encode_actor(actor: str | None) -> list[tuple[str, bytes]]:
    """Return the record headers of an actor; none when it is unknown."""
    if actor is None:
        return []
    if nameless := _NAMELESS.get(actor):
        return [("ce_authtype", nameless)]
    return [("ce_authtype", _TYPES[actor.partition(":")[0]]), ("ce_authid", actor.encode())]


def decode_actor(headers: Mapping[str, bytes]) -> str | None:
    """Return the actor that record headers name; None when they are missing or malformed."""
    auth_type = headers.get("ce_authtype")
    if auth_type is None:
        return None
    if nameless := _ACTORS.get(auth_type):
        return nameless
    found = _NAMED.fullmatch(headers.get("ce_authid", b""))
    if found is None or _TYPES[found[1].decode()] != auth_type:
        return None
    return found[0].decode()
