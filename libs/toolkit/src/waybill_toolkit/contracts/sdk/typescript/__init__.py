"""The client package for TypeScript and JavaScript: browsers and Node 20, without dependencies.

    src/schemas.ts              a type for each schema
    src/problems.ts             an error class for each problem type
    src/refusals.ts             an error class for each code of a later refusal
    src/client.ts               the operations, a class for each service
    src/{transport,...}.ts      the code that is the same for every API: copied from runtime/
    dist/                       the compiled code, with declarations

`tsc` compiles the generated code; a package with errors is not written.
"""

from collections.abc import Mapping
from typing import Final

from waybill_toolkit.contracts.sdk.options import NameRule
from waybill_toolkit.contracts.sdk.typescript.package import write

__all__ = ["NAMES", "write"]

NAMES: Final[Mapping[str, NameRule]] = {
    "name": NameRule(
        what="the name of an npm package",
        pattern=r"(@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~-][a-z0-9._~-]*",
        example="@acme/waybill",
    )
}
