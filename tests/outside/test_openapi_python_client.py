"""openapi-python-client: a typed package for httpx."""

import os

from tests.outside import rows
from tests.outside.conftest import Api
from tests.outside.tools import CLIENTS, empty_folder, python, run


def test_an_order_is_placed_when_the_client_is_from_openapi_python_client(api: Api) -> None:
    folder, program = empty_folder("openapi-python-client"), CLIENTS / "openapi_python_client.py"
    tools = python().interpreter.parent
    command = (tools / "openapi-python-client", "generate", "--path", api.document)
    options = ("--output-path", folder, "--overwrite", "--fail-on-warning")
    formats_with_ruff = {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    run(*command, *options, variables=formats_with_ruff)
    python().type_check(program, folder)
    api.place_order(rows.OPENAPI_PYTHON_CLIENT, python().command(program, folder))
