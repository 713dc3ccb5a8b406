"""openapi-generator: clients for Go, Java, Python and TypeScript."""

from pathlib import Path
from typing import Final

import pytest
from tests.outside import rows
from tests.outside.compilers import go_program, java_program, typescript_program
from tests.outside.conftest import Api
from tests.outside.tools import CLIENTS, empty_folder, node, python, run

LEFT_OUT: Final = "apiTests=false,modelTests=false,apiDocs=false,modelDocs=false"
"""Stubs of tests and pages, which a program does not need."""

OPEN: Final = "disallowAdditionalPropertiesIfNotPresent=false"
"""By default, clients for Go and for OkHttp refuse a response with a field that is new to them."""


def generate(api: Api, generator: str, folder: Path, *properties: str, library: str = "") -> None:
    jar = python().openapi_generator
    what = ("-g", generator, "-i", api.document, "-o", folder, "--global-property", LEFT_OUT)
    more = (f"--additional-properties={','.join(properties)}", *filter(None, [library]))
    run("java", "-XX:TieredStopAtLevel=1", "-jar", jar, "generate", *what, *more)


def test_an_order_is_placed_when_the_client_is_in_go(api: Api) -> None:
    folder = empty_folder("openapi-generator-go")
    generate(api, "go", folder / "generator", "withGoMod=false", OPEN)
    api.place_order(rows.GENERATOR_GO, go_program(folder, "openapi_generator.go"))


@pytest.mark.parametrize(
    ("tool", "library"),
    [(rows.GENERATOR_OKHTTP, "okhttp-gson"), (rows.GENERATOR_NATIVE, "native")],
    ids=["okhttp-gson", "native"],
)
def test_an_order_is_placed_when_the_client_is_in_java(api: Api, tool: str, library: str) -> None:
    folder = empty_folder(f"openapi-generator-{library}")
    generate(api, "java", folder, OPEN, library=f"--library={library}")
    api.place_order(tool, java_program(folder, "OpenapiGenerator", library))


def test_an_order_is_placed_when_the_client_is_in_python(api: Api) -> None:
    folder, program = empty_folder("openapi-generator-python"), CLIENTS / "openapi_generator.py"
    generate(api, "python", folder)
    python().type_check(program, folder)
    api.place_order(rows.GENERATOR_PYTHON, python().command(program, folder))


@pytest.mark.parametrize(
    ("tool", "library", "properties"),
    [
        (rows.GENERATOR_AXIOS, "axios", ""),
        (rows.GENERATOR_FETCH, "fetch", "withoutRuntimeChecks=true,modelPropertyNaming=original"),
    ],
    ids=["axios", "fetch"],
)
def test_an_order_is_placed_when_the_client_is_in_typescript(
    api: Api, tool: str, library: str, properties: str
) -> None:
    folder = empty_folder(f"openapi-generator-{library}")
    more = filter(None, ["importFileExtension=.js", properties])
    generate(api, f"typescript-{library}", folder / "generated", *more)
    api.place_order(tool, typescript_program(folder, f"openapi_generator_{library}.ts", node()))
