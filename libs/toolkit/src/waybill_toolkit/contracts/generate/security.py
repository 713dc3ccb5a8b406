"""Reads `security`: who may call an operation.

    []                         everybody
    [{oauth2: ['orders:read']}]  callers whose token has all of these scopes; the runtime checks it
    [{basic: []}]              clients with name and secret; the handler checks them
    [{basic: []}, {}]          the same, or nobody in particular

Alternatives are otherwise not served: a runtime that is asked for one of two schemes has to guess
which one a caller meant.
"""

from dataclasses import dataclass
from typing import Final, Literal

from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.faults import Faults

SECURITY: Final = "security"
SCHEMES: Final = "securitySchemes"
OAUTH2: Final = "oauth2"
PUBLIC: Final[list[object]] = []
"""The `security` of an operation without authentication."""

_EITHER: Final = "write [{oauth2: [...]}], [{NAME: []}] with a scheme of HTTP Basic, or []"


@dataclass(frozen=True, slots=True)
class Security:
    """Who may call: `scopes` are all needed, None for everybody; `basic` asks for credentials."""

    scopes: tuple[str, ...] | None
    basic: Literal["required", "optional"] | None = None


def declared_scopes(root: Node) -> frozenset[str]:
    """Return the scopes of the OAuth 2 scheme of a contract; none when it has no such scheme."""
    scheme = scheme_of(root, OAUTH2)
    flows = scheme.need("flows").value.values() if scheme else ()
    return frozenset(scope for flow in flows for scope in flow.get("scopes", {}))


def scheme_of(root: Node, name: str) -> Node | None:
    """Return a security scheme of a contract."""
    found: Node | None = root
    for key in ("components", SCHEMES, name):
        found = found.get(key) if found else None
    return found.target() if found else None


def read_security(root: Node, operation: Node, faults: Faults) -> Security:
    """Read the security of an operation."""
    written = operation.get(SECURITY)
    if written is None:
        message = (
            "no scopes; say who may call it: security: [{oauth2: [...]}], or [] for everybody."
        )
        faults.add(operation.fault(message, "scopes"))
        return Security(())
    if written.value == PUBLIC:
        return Security(None)
    ways = [way for way in written.value if way]
    optional = len(ways) < len(written.value)
    if len(ways) != 1 or len(ways[0]) != 1:
        message = f"alternatives and combinations of schemes are not served; {_EITHER}."
        faults.add(written.fault(message, "scopes"))
        return Security(())
    [(name, scopes)] = ways[0].items()
    if name == OAUTH2:
        if optional:
            message = f"a token cannot be optional; remove {{}}, or {_EITHER}."
            faults.add(written.fault(message, "scopes"))
        return Security(_scopes(root, written, scopes, faults))
    scheme = scheme_of(root, name)
    if scheme is None:
        faults.add(written.fault(f"{name} is not declared in {SCHEMES}; add it.", "scopes"))
    elif (scheme.value.get("type"), scheme.value.get("scheme")) != ("http", "basic"):
        faults.add(written.fault(f"the scheme {name} is not served; {_EITHER}.", "scopes"))
    return Security(None, "optional" if optional else "required")


def _scopes(root: Node, written: Node, scopes: list[str], faults: Faults) -> tuple[str, ...]:
    if not scopes:
        message = (
            "no scopes; say who may call it: security: [{oauth2: [...]}], or [] for everybody."
        )
        faults.add(written.fault(message, "scopes"))
    for scope in sorted(set(scopes) - declared_scopes(root)):
        message = f"scope {scope} is not declared in {SCHEMES}; add it there."
        faults.add(written.fault(message, "scopes"))
    return tuple(sorted(scopes))
