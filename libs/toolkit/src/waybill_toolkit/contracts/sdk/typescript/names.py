"""TypeScript names for names of the contract."""

import json
import re
from typing import Final

from waybill_toolkit.contracts.generate.names import pascal

_RESERVED: Final = """
    arguments await break case catch class const continue debugger default delete do else enum eval
    export extends false finally for function if implements import in instanceof interface let new
    null package private protected public return static super switch this throw true try typeof var
    void while with yield
"""
"""Reserved words in modules (ECMA-262, 12.7.2)."""

_USED: Final = "body ending follow look options parameters refusals"
"""Variable names in generated methods."""

_TAKEN: Final = frozenset(f"{_RESERVED} {_USED}".split())
_IDENTIFIER: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


def camel(name: str) -> str:
    """`place_order` as `placeOrder`."""
    in_pascal = pascal(name)
    return in_pascal[:1].lower() + in_pascal[1:]


def argument(name: str) -> str:
    """`order_id` as `orderId`; a reserved name gets an underscore."""
    found = camel(name)
    return f"{found}_" if found in _TAKEN else found


def error(name: str) -> str:
    """`unknown-sku` as `UnknownSkuError`."""
    return f"{pascal(name)}Error"


def key(name: str) -> str:
    """Return the name of a property, in quotes where necessary."""
    return name if _IDENTIFIER.fullmatch(name) else literal(name)


def literal(value: object) -> str:
    """Return a JSON value as a literal."""
    return json.dumps(value, ensure_ascii=False)
