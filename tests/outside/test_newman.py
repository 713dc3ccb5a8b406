"""openapi-to-postmanv2 imports the document as Postman does; newman runs the collection."""

import json

from tests.outside import rows
from tests.outside.conftest import Api
from tests.outside.tools import CLIENTS, node, run


def command(api: Api) -> list[object]:
    packages = node()
    return [packages.program.node, CLIENTS / "newman.mjs", packages.folder, api.document]


def test_an_order_is_placed_when_newman_runs_the_collection(api: Api) -> None:
    api.place_order(rows.NEWMAN, command(api))


def test_each_request_of_the_collection_is_understood_as_it_is_imported(api: Api) -> None:
    paths = json.loads(api.document.read_bytes())["paths"]
    operations = sum("operationId" in each for path in paths.values() for each in path.values())
    assert run(*command(api), variables=api.variables()) == f"{operations} requests\n"
