"""The client package for TypeScript and JavaScript: browsers and Node 20, without dependencies.

    src/schemas.ts              a type for each schema
    src/problems.ts             an error class for each type of problem
    src/refusals.ts             an error class for each reason why something was refused later
    src/client.ts               the operations, a class for each service
    src/{transport,...}.ts      what is the same for every API: copied from runtime/
    dist/                       all of it compiled, with declarations

`tsc` runs on what was written, so a package that is not clean is not delivered.
"""

from waybill_toolkit.contracts.sdk.typescript.package import write

__all__ = ["write"]
