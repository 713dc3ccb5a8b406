"""oapi-codegen: types and a client for Go."""

from tests.outside import rows
from tests.outside.compilers import go_program
from tests.outside.conftest import Api
from tests.outside.tools import PINS, empty_folder, run


def test_an_order_is_placed_when_the_client_is_from_oapi_codegen(api: Api) -> None:
    folder = empty_folder("oapi-codegen")
    package = folder / "waybill"
    package.mkdir()
    options = ("-generate", "types,client", "-package", "waybill")
    output = ("-o", package / "waybill.gen.go", api.document)
    run("go", "tool", "oapi-codegen", *options, *output, folder=PINS / "go")

    api.place_order(rows.OAPI_CODEGEN, go_program(folder, "oapi_codegen.go"))
