"""The clients for Go and Java, as `waybill sdk` writes them, with the whole platform.

They are tried where their compilers are installed; nothing else needs these.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Final

import httpx
import pytest
import pytest_asyncio

from waybill_toolkit.contracts.sdk.compilers import NEEDED, QUICK_START, Compiler, run, why_not
from waybill_toolkit.contracts.sdk.testing import cutting_proxy, example
from waybill_toolkit.contracts.sdk.tomorrow import CODE, STATUS, tomorrow
from waybill_toolkit.operations.workload.client import Client, Variant
from waybill_toolkit.operations.workload.seeding import seed
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.testing.fake_http_service import Exchange, FakeHttpService

ROOT: Final = Path(__file__).parents[2]
PROGRAMS: Final = Path(__file__).with_name("clients")
UNITS: Final = {"SOLD": 100, "SCARCE": 1}

SCENARIOS: Final = (
    "an_order_is_followed_to_confirmed",
    "all_orders_come_page_by_page",
    "a_refusal_for_lack_of_stock_has_its_class",
    "problems_have_classes_and_fields",
    "a_change_is_based_on_what_was_read",
)
ORDER: Final = {
    "order_id": "01890a5d-ac96-774b-bcce-b302099a8057", "customer_ref": "c", "status": "placed",
    "lines": [], "totals": {
        "currency": "GBP", "prices_include_tax": True, "lines_minor": 255, "discounts_minor": 0,
        "shipping": {"net_minor": 0, "tax_minor": 0, "gross_minor": 0}, "taxes": [],
        "net_minor": 255, "tax_minor": 0, "gross_minor": 255,
    },
    "placed_at": "2026-11-22T06:00:00Z", "updated_at": "2026-11-22T06:00:00.5Z", "is_new": True,
}  # fmt: skip
IN_USE: Final = "idempotency-key-in-use"
RETRY_AFTER_SECONDS: Final = 1

JSON: Final = (
    "null", "true", "[ false , -0 ]", "[0, -12, 9223372036854775807]", "[1.5, -2.5e-3, 1E2]",
    '["", {"": 0}]', '{"a": {"b": []}, "c": {}}',
    r'"\"\\\/\b\f\n\r\té😀\ud83d\ude00"', '"é😀\u2028"',
)  # fmt: skip
NO_JSON: Final = (
    "", "nul", "[1,]", "[,1]", "{1: 2}", '{"a" 1}', '{"a": 1,}', "01", "1.", ".5", "+1", "--1",
    '"a', r'"\x"', r'"\u12"', '"\t"', "[1] 2", "'a'", "NaN", "[" * 5000,
)  # fmt: skip


@pytest.fixture(scope="module", params=sorted(NEEDED))
def language(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    if reason := why_not(found):
        pytest.skip(f"{reason}; the SDK for {found} is tried where it is")
    return found


@pytest.fixture(scope="module")
def compiler(language: str, tmp_path_factory: pytest.TempPathFactory) -> Compiler:
    """Write the package and check it with its compiler."""
    folder = tmp_path_factory.mktemp(f"sdk-{language}")
    (folder / "programs").mkdir()
    compiler = Compiler(language, folder / "package", folder / "programs")
    waybill = Path(sys.executable).with_name("waybill")
    subprocess.run([waybill, "sdk", language, "-o", compiler.package], check=True, cwd=ROOT)
    compiler.check()
    return compiler


@pytest.fixture(scope="module")
def program(compiler: Compiler) -> list[str]:
    name = {"go": "with_go.go", "java": "WithJava.java"}[compiler.language]
    return compiler.compile("with", (PROGRAMS / name).read_text(encoding="utf-8"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def address(platform: Platform, language: str) -> str:
    """The address of the gateway, with products in stock."""
    address = platform.addresses["gateway"]
    client = Client(address, address, address)
    units = {f"{language.upper()} {name}": count for name, count in UNITS.items()} | {"0": 5}
    await seed(client, {sku: Variant(sku, "", 255, "GBP") for sku in units}, units)
    client.close()
    return address


def test_a_program_gets_its_work_done(program: list[str], address: str) -> None:
    run(program, address, *SCENARIOS)


def test_no_second_order_is_placed_when_the_connection_is_cut(
    program: list[str], address: str
) -> None:
    with cutting_proxy(address, cuts=2) as proxy:
        run(program, proxy.address, "a_repeated_post_places_one_order")

    assert proxy.cuts == 2


@pytest.mark.parametrize(
    ("mode", "scenario", "seen"),
    [
        ("today", "survives", ["placed", "confirmed", "confirmed"]),
        ("newer", "survives_briefly", [STATUS, f"not final {STATUS}", STATUS]),
        ("later", "survives", [STATUS, "confirmed", STATUS]),
        ("refused", "survives", ["rejected", f"refused {CODE}"]),
        ("busy", "survives", ["placed", "confirmed", "confirmed"]),
        ("cut", "survives", ["placed", "confirmed", "confirmed"]),
    ],
)
def test_a_program_places_follows_and_lists_with_the_api_of_today_and_tomorrow(
    program: list[str], address: str, mode: str, scenario: str, seen: list[str]
) -> None:
    with tomorrow(address) as proxy:
        reference, *printed = run(program, proxy.at(mode), scenario).splitlines()

    assert printed[: len(seen)] == seen
    orders = httpx.get(f"{address}/v1/orders", params={"reference": reference})
    assert len(orders.json()["items"]) == 1


def test_one_order_is_placed_when_an_answer_that_cannot_be_read_is_asked_for_again(
    program: list[str], address: str
) -> None:
    with tomorrow(address) as proxy, pytest.raises(ValueError, match="cannot be read"):
        run(program, proxy.at("garbled"), "survives")

    keys = {each.headers["idempotency-key"] for each in proxy.received if each.method == "POST"}
    assert len(keys) == 1
    assert [each.method for each in proxy.received] == ["POST", "POST", "GET"]


def test_the_example_of_the_readme_runs(compiler: Compiler, address: str) -> None:
    printed = run(
        compiler.compile("example", example(compiler.package, compiler.language, address))
    )

    first, *orders = printed.splitlines()
    assert first.lower() == "the order is confirmed."
    assert orders[0].lower().endswith(" confirmed")


@pytest.mark.parametrize("language", ["java"], indirect=True, scope="module")
def test_maven_builds_the_package(compiler: Compiler) -> None:
    if shutil.which("mvn") is None:
        pytest.skip("mvn is not installed; Maven is tried where it is")
    command = ["mvn", "--offline", "--batch-mode", "--quiet", "package"]
    done = subprocess.run(
        command,
        check=False,
        cwd=compiler.package,
        env={**os.environ, "MAVEN_OPTS": " ".join(QUICK_START)},
        capture_output=True,
        text=True,
    )
    if "has not been downloaded from it before" in done.stdout:
        pytest.skip("Maven's plugins are not here, and tests fetch nothing")

    assert done.returncode == 0, done.stdout
    assert list(compiler.package.glob("target/waybill-client-*.jar"))


async def test_each_attempt_carries_the_same_key_and_body(program: list[str]) -> None:
    asked: list[tuple[float, str, str, bytes]] = []

    async def answer(exchange: Exchange) -> None:
        [key], [token] = exchange.header("idempotency-key"), exchange.header("authorization")
        asked.append((time.monotonic(), key, token, await exchange.read_body()))
        match len(asked):
            case 1:
                await exchange.write(reply(503, b"busy", f"Retry-After: {RETRY_AFTER_SECONDS}"))
            case 2:
                exchange.cut()
            case 3:
                await exchange.write(reply(409, problem(IN_USE, 409)))
            case _:
                await exchange.write(reply(201, ORDER))

    async with FakeHttpService(answer) as service:
        assert await run_concurrently(program, service, "place") == "done\n"

    (first, *same), (second, *_), *_ = asked
    assert [rest for _, *rest in asked] == [same] * 4
    assert same[:2] == ["mine", "Bearer secret"]
    assert second - first >= RETRY_AFTER_SECONDS


async def test_a_call_ends_at_once_when_another_try_is_of_no_use(program: list[str]) -> None:
    replies = iter((
        reply(503, problem("unavailable", 503), "Retry-After: 3600"),
        reply(503, problem("unavailable", 503)),
        reply(200, b"<html>"),
        reply(599, problem("of-tomorrow", 599)),
    ))  # fmt: skip

    async def answer(exchange: Exchange) -> None:
        await exchange.read_body()
        await exchange.write(next(replies))

    async with FakeHttpService(answer) as service:
        output = await run_concurrently(program, service, "place", "set_price", "look", "look")

    assert output.splitlines() == ["unavailable", "unavailable", "unreadable 200", "of-tomorrow"]
    assert len(service.asked) == 4


async def test_only_what_can_be_repeated_is_repeated_when_no_answer_comes(
    program: list[str],
) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.read_body()
        exchange.cut()

    async with FakeHttpService(answer) as service:
        output = await run_concurrently(program, service, "place", "set_price")

    assert output.splitlines() == ["no answer 5 mine", "no answer 1 "]
    assert Counter(each.target for each in service.asked) == {
        "/v1/orders": 5,
        "/v1/variants/A%20B%2FC/price": 1,
    }


@pytest.mark.parametrize("language", ["java"], indirect=True, scope="module")
def test_java_reads_and_writes_json_as_python_does(program: list[str]) -> None:
    lines = "".join(f"{line}\n" for line in (*JSON, *NO_JSON))
    written = run(program, "http://unused", "json", text=lines).split("\n")

    assert [json.loads(each) for each in written[: len(JSON)]] == [
        json.loads(each) for each in JSON
    ]
    assert written[len(JSON) :] == [*["refused"] * len(NO_JSON), ""]


async def run_concurrently(command: list[str], service: FakeHttpService, *scenarios: str) -> str:
    return await asyncio.to_thread(run, command, service.address, *scenarios)


def problem(slug: str, status: int) -> bytes:
    members = {"title": "No", "detail": "No.", "instance": "/", "trace_id": "0" * 32}
    return json.dumps({"type": f"urn:waybill:problem:{slug}", "status": status, **members}).encode()


def reply(status: int, body: object, *fields: str) -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = [f"HTTP/1.1 {status} X", f"Content-Length: {len(content)}", *filter(None, fields)]
    return "\r\n".join([*head, "", ""]).encode() + content
