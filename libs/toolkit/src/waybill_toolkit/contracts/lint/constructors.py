"""No schema has the name of the constructor of another one, as Go's generators call it."""

from collections.abc import Iterator
from typing import Final

from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.faults import Fault

_CONSTRUCTOR: Final = "New"


def constructor_faults(schemas: list[Node]) -> Iterator[Fault]:
    """Check the schemas of a document, those of the shared file included."""
    names = {schema.name for schema in schemas}
    for schema in schemas:
        made = schema.name.removeprefix(_CONSTRUCTOR)
        if made != schema.name and made in names:
            message = (
                f"{schema.name} is the constructor of {made} in Go; call it after what it does,"
                f" such as Create{made}."
            )
            yield schema.fault(message, "constructor")
