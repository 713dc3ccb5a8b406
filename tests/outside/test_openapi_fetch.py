"""openapi-typescript and openapi-fetch, directly and through a proxy that checks everything."""

import subprocess
from collections.abc import Iterator

import pytest
from tests.outside import rows
from tests.outside.compilers import typescript_program
from tests.outside.conftest import Api
from tests.outside.tools import BUILD, empty_folder, node, run

from waybill_toolkit.platform.ports import LOOPBACK, answers, free_port
from waybill_toolkit.platform.waiting import wait_until

LISTENS_SECONDS_MAX = 60.0


@pytest.fixture(scope="module")
def program(api: Api) -> list[str]:
    """Compile the program with the types of the document."""
    folder = empty_folder("openapi-fetch")
    generator = node().command("openapi-typescript/bin/cli.js", str(api.document))
    run(*generator, "--output", folder / "schema.d.ts")
    return typescript_program(folder, "openapi_fetch.ts", node())


@pytest.fixture(scope="module")
def prism(api: Api) -> Iterator[str]:
    """Run Prism: it answers with an error if a request or a response does not fit the document."""
    port = free_port()
    upstream = ("--errors", "--host", LOOPBACK, "--port", str(port), str(api.document), api.address)
    command = node().command("@stoplight/prism-cli/dist/index.js", "proxy", *upstream)
    with (BUILD / "prism.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_until(lambda: answers(port), LISTENS_SECONDS_MAX, f"Prism; see {log.name}")
        yield f"http://{LOOPBACK}:{port}"
    finally:
        process.terminate()
        process.wait()


def test_an_order_is_placed_when_the_types_are_from_openapi_typescript(
    api: Api, program: list[str]
) -> None:
    api.place_order(rows.OPENAPI_FETCH, program)


def test_an_order_is_placed_when_prism_checks_each_request_and_response(
    api: Api, program: list[str], prism: str
) -> None:
    api.place_order(rows.PRISM, program, prism)


def test_prism_refuses_what_does_not_fit_the_document(api: Api, prism: str) -> None:
    answer = api.get("/v1/orders?limit=0", prism)
    assert (answer.status_code, answer.json()["title"]) == (422, "Invalid request")
