"""The Python client, as `waybill sdk python` writes it, with the whole platform."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio

from waybill_toolkit.contracts.sdk.testing import cutting_proxy, example
from waybill_toolkit.contracts.sdk.tomorrow import tomorrow
from waybill_toolkit.operations.workload.client import Client, Variant
from waybill_toolkit.operations.workload.seeding import seed
from waybill_toolkit.platform.handle import Platform

ROOT: Final = Path(__file__).parents[2]
CLIENTS: Final = Path(__file__).with_name("clients")
PROGRAM: Final = CLIENTS / "with_python.py"
OF_TOMORROW: Final = CLIENTS / "python_tomorrow.py"
_BLOCKS: Final = re.DOTALL | re.MULTILINE
LINES_MAX: Final = 5_000

SCENARIOS: Final = (
    "an_order_is_followed_to_confirmed",
    "all_orders_come_page_by_page",
    "a_refusal_for_lack_of_stock_has_its_class",
    "problems_have_classes_and_fields",
    "a_change_is_based_on_what_was_read",
    "all_of_it_goes_with_async",
)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the package."""
    folder = tmp_path_factory.mktemp("sdk-python") / "package"
    waybill = Path(sys.executable).with_name("waybill")
    subprocess.run([waybill, "sdk", "python", "-o", folder], check=True, cwd=ROOT)
    return folder


@pytest.fixture(scope="module")
def installed(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the package into a separate folder, without its dependencies, which are installed."""
    site = tmp_path_factory.mktemp("site")
    uv = str(Path(sys.executable).with_name("uv"))
    how = ["--offline", "--quiet", "--no-deps", "--no-build-isolation"]
    where = ["--python", sys.executable, "--target", str(site)]
    subprocess.run([uv, "pip", "install", *how, *where, str(package)], check=True)
    return site


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def address(platform: Platform) -> str:
    """The address of the gateway, with products in stock."""
    address = platform.addresses["gateway"]
    client = Client(address, address, address)
    skus = ("0", "0 SDK SOLD", "0 SDK SCARCE")
    variants = {sku: Variant(sku, "", 255, "GBP") for sku in skus}
    await seed(client, variants, {"0": 5, "0 SDK SOLD": 100, "0 SDK SCARCE": 1})
    client.close()
    return address


def test_a_program_gets_its_work_done(installed: Path, address: str) -> None:
    run(installed, PROGRAM, address, *SCENARIOS)


def test_no_second_order_is_placed_when_the_connection_is_cut(
    installed: Path, address: str
) -> None:
    with cutting_proxy(address, cuts=2) as proxy:
        run(installed, PROGRAM, proxy.address, "a_repeated_post_places_one_order")

    assert proxy.cuts == 2


def test_a_connection_that_is_cut_was_cut_after_the_order_was_placed(
    installed: Path, address: str
) -> None:
    with cutting_proxy(address) as proxy:
        run(installed, PROGRAM, proxy.address, "a_cut_request_was_done_all_the_same")


def test_a_program_of_today_survives_the_api_of_tomorrow(installed: Path, address: str) -> None:
    with tomorrow(address) as proxy:
        run(installed, OF_TOMORROW, proxy.at("").rstrip("/"))

    agents = {each.headers["user-agent"].partition("/")[0] for each in proxy.received}
    assert agents == {"waybill-python"}


def test_the_example_of_the_readme_runs(
    package: Path, installed: Path, address: str, tmp_path: Path
) -> None:
    program = tmp_path / "example.py"
    program.write_text(example(package, "python", address), encoding="utf-8")

    printed = run(installed, program)

    assert printed.splitlines()[0] == "confirmed: 255 GBP"
    assert printed.splitlines()[1].endswith("confirmed")


def test_the_package_and_programs_with_it_pass_mypy_strict(package: Path, tmp_path: Path) -> None:
    readme = tmp_path / "readme.py"
    blocks = re.findall(r"^```python\n(.*?)^```$", (package / "README.md").read_text(), _BLOCKS)
    readme.write_text("\n".join(blocks))
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", os.devnull]
    cache = ROOT / ".mypy_cache" / "sdk"
    checked = subprocess.run(
        [*command, "--cache-dir", cache, package / "src", PROGRAM, OF_TOMORROW, readme],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "MYPYPATH": str(package / "src")},
    )

    assert checked.returncode == 0, checked.stdout


def test_the_installed_package_has_its_licence_and_its_address(installed: Path) -> None:
    [info] = installed.glob("waybill_client-*.dist-info")
    metadata = (info / "METADATA").read_text()

    assert "\nLicense-Expression: Apache-2.0\n" in metadata
    assert "\nProject-URL: Homepage, https://example.com/waybill\n" in metadata
    assert (info / "licenses" / "LICENSE").is_file()


def test_the_package_stays_small(package: Path) -> None:
    lines = sum(len(path.read_text().splitlines()) for path in package.rglob("*.py"))

    assert lines <= LINES_MAX


def run(installed: Path, program: Path, *arguments: str) -> str:
    finished = subprocess.run(
        [sys.executable, program, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(installed)},
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout
