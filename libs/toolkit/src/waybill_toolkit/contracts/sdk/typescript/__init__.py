"""The client package for TypeScript and JavaScript: browsers and Node 20, without dependencies.

    src/schemas.ts              a type for each schema
    src/problems.ts             an error class for each problem type
    src/refusals.ts             an error class for each code of a later refusal
    src/client.ts               the operations, a class for each service
    src/{transport,...}.ts      the code that is the same for every API: copied from runtime/
    dist/                       the compiled code, with declarations

`tsc` compiles the generated code; a package with errors is not written.
"""

from waybill_toolkit.contracts.sdk.typescript.package import write

__all__ = ["write"]
