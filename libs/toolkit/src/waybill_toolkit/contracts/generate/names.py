"""Converts names of the contracts to names in Python."""

import builtins
import keyword
import re
import sys
from typing import Final

SNAKE: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
SHARED: Final = "shared"
GATEWAY: Final = "gateway"
"""The folders of contracts/ that are not services."""

TAKEN: Final = (GATEWAY, "waybill", "waybill_simulation", "waybill_toolkit")
"""Packages of this repository that are not services."""

PASCAL: Final = re.compile(r"[A-Z][A-Za-z0-9]*")


def pascal(name: str) -> str:
    """`place_order` or `unknown-sku` as a class name."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[-_.]", name))


def snake(name: str) -> str:
    """`If-Match` or `ETag` as an argument or a field: header names are case-insensitive."""
    return name.lower().replace("-", "_").replace(".", "_")


def constant(name: str) -> str:
    """`OrderId` or `order_placed` as a constant."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()


def fault_of_snake(name: str) -> str | None:
    """Return why `name` cannot be the name of a method, argument or field."""
    if not SNAKE.fullmatch(name):
        return f"{name!r} is no snake_case name; write one, like place_order."
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        return f"{name!r} is a keyword of Python; choose another name."
    return None


def fault_of_service(name: str) -> str | None:
    """Return why `name` cannot be the name of a service and its Python package."""
    if name in TAKEN or name in sys.stdlib_module_names:
        return f"{name!r} is the name of another Python package; choose another name."
    return fault_of_snake(name)


def fault_of_pascal(name: str) -> str | None:
    """Return why `name` cannot be the name of a class."""
    if not PASCAL.fullmatch(name):
        return f"{name!r} is no PascalCase name; write one, like OrderLine."
    if keyword.iskeyword(name) or name in vars(builtins):
        return f"{name!r} is a keyword of Python; choose another name."
    return None
