"""`waybill import orders` on a running platform: files as people have them."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from typer.testing import CliRunner, Result

from waybill_toolkit.cli import build
from waybill_toolkit.operations.order_import.rows import HEADER
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.testing.eventually import eventually

CASES = Path(__file__).with_name("import_cases")
NOT_PLACED = ()


@dataclass(frozen=True)
class Case:
    """A file and what must become of it: totals by customer and reference, and sentences."""

    file: str
    totals: Mapping[tuple[str, str], int | tuple[()]]
    sentences: tuple[str, ...] = ()
    options: tuple[str, ...] = field(default=())


EACH = [
    # Excel writes semicolons in half of Europe.
    Case("03-semicolon.csv", {("shop-7", "SC-1"): 300, ("shop-7", "SC-2"): 300}),
    # No-break space, ideographic space, joiners, soft hyphen: one rule for the API and a file.
    Case("05-names.csv", {("shop-7", f"N-{number}"): 300 for number in range(1, 6)}),
    # A broken row invalidates its whole order, whatever its reference looks like.
    Case(
        "07-ref-with-comma.csv",
        {("shop-7", "INV,7"): NOT_PLACED, ("shop-7", "INV8"): 300},
        ("Line 3 is invalid: quantity is 'x', not a whole number. Order INV,7 is not placed.",),
    ),
    Case(
        "08-ref-excel-and-space.csv",
        {
            ("shop-7", reference): NOT_PLACED
            for reference in ("000123", '="000123"', "000124", 'AB "X" 1')
        },
        (
            "Line 3 is invalid: quantity is '-', not a whole number. Order 000123 is not placed.",
            "Line 5 is invalid: quantity is '1.5', not a whole number. Order 000124 is not placed.",
            "Line 7 is invalid: quantity is 'none', not a whole number. Order AB \"X\" 1 is not",
        ),
    ),
    # A broken row sets neither a currency nor a price.
    Case(
        "09-broken-row-sets-currency.csv",
        {("shop-7", "CUR-1"): NOT_PLACED, ("shop-7", "CUR-2"): 1600, ("shop-7", "CUR-3"): 300},
        ("Line 3 is invalid: currency is 'EUR', but 'GBP' in line 2 of the same order",),
    ),
    Case(
        "09b-broken-row-sets-price.csv",
        {
            ("shop-7", "PRC-1"): NOT_PLACED,
            ("shop-8", "PRC-1"): NOT_PLACED,
            ("shop-7", "PRC-2"): 100,
        },
        ("Line 3 is invalid: customer_ref is 'shop-8', but 'shop-7' in line 2",),
    ),
    # The file's own total, or a counted refusal.
    Case(
        "10-price-changed.csv",
        {("shop-7", "PC-1"): 1000, ("shop-7", "PC-2"): NOT_PLACED},
        (
            "Line 3: order PC-2: VASE-1 costs 600 GBP in the file and 1000 in the catalogue.",
            "Orders that were not placed: 1.",
            "With --set-prices the catalogue follows the prices of the file.",
        ),
    ),
    Case(
        "10-price-changed.csv",
        {("shop-7", "PC-1"): 1000, ("shop-7", "PC-2"): 600},
        options=("--set-prices",),
    ),
    # What a spreadsheet does to cells is read, or refused with its own sentence.
    Case(
        "15-excel-isms.csv",
        {
            **{("shop-7", f"X-{number}"): NOT_PLACED for number in (1, 3, 4)},
            **{("shop-7", f"X-{number}"): 300 for number in (2, 5, 6, 7, 8, 10)},
            ("shop-7", "5.36365E+05"): NOT_PLACED,
        },
        (
            "Line 2 is invalid: quantity is '1,200', with a thousands separator",
            "Line 4 is invalid: unit_price_minor is '1.5E+02', in scientific notation",
            "Line 5 is invalid: placed_at is '01/05/2024 09:00', whose day and month",
            "Line 10 is invalid: order_ref is '5.36365E+05': a spreadsheet has shortened",
        ),
    ),
    # Two branches have the same order numbers.
    Case("16a-branch-a.csv", {("branch-a", "1001"): 300, ("branch-b", "1001"): NOT_PLACED}),
    Case("16b-branch-b.csv", {("branch-a", "1001"): 300, ("branch-b", "1001"): 750}),
    # A SKU has a price in each currency.
    Case("17-two-currencies.csv", {("shop-7", "TC-1"): 1000, ("shop-fr", "TC-2"): 1180}),
    Case(
        "17-two-currencies.csv",
        {("shop-7", "TC-1"): 1000, ("shop-fr", "TC-2"): 1180},
        options=("--set-prices",),
    ),
]


@pytest.fixture(autouse=True)
def _folder_for_failed_orders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def import_orders(platform: Platform, file: Path, *options: object) -> Result:
    arguments = ["import", "orders", file, "--data", platform.folder, *options]
    return CliRunner().invoke(build(), [str(each) for each in arguments])


def figures_of(result: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(result.read_text("utf-8"))
    return document


def placed(platform: Platform, customer_ref: str, reference: str) -> list[int]:
    """Return the totals of the orders of a customer under a reference."""
    query = {"customer_ref": customer_ref, "reference": reference}
    page = httpx.get(f"{platform.addresses['orders']}/v1/orders", params=query).json()
    return [order["totals"]["gross_minor"] for order in page["items"]]


@pytest.mark.parametrize("case", EACH, ids=lambda case: " ".join((case.file, *case.options)))
def test_a_file_ends_right_the_first_time_and_again(platform: Platform, case: Case) -> None:
    for _ in range(2):
        result = import_orders(platform, CASES / case.file, *case.options)

        output = " ".join(result.output.split())
        assert [each for each in case.sentences if each not in output] == []
        assert result.exit_code == (1 if case.sentences else 0), result.output
        wanted = {key: [] if total == NOT_PLACED else [total] for key, total in case.totals.items()}
        assert {key: placed(platform, *key) for key in case.totals} == wanted


def test_sums_are_those_of_the_file_when_a_history_is_imported(
    platform: Platform, history_file: Path, tmp_path: Path
) -> None:
    options = ("--orders", 40, "--set-prices", "--output", tmp_path / "result.json")

    first = import_orders(platform, history_file, *options)
    assert first.exit_code == 0, first.output
    figures = figures_of(tmp_path / "result.json")
    assert (figures["placed"], figures["already_there"], figures["confirmed"]) == (40, 0, 40)
    assert figures["audit_ok"] is True
    [gbp] = figures["sums"]
    assert gbp["in_file"] == gbp["placed"] > 0

    second = import_orders(platform, history_file, *options)
    assert second.exit_code == 0, second.output
    figures = figures_of(tmp_path / "result.json")
    assert (figures["placed"], figures["already_there"], figures["confirmed"]) == (0, 40, 40)


def test_failed_orders_are_placed_when_their_file_is_mended_and_imported(
    platform: Platform, make_history: Callable[[str, int], Path], tmp_path: Path
) -> None:
    history = make_history("BROKEN", 3)
    with history.open("a", encoding="utf-8") as file:
        file.write("BROKEN-0002,2010-12-01T08:26:00Z,17850,BROKEN-1,,-4,255,GBP\n")
    options = ("--set-prices", "--output", tmp_path / "result.json")

    result = import_orders(platform, history, *options)

    assert result.exit_code == 1
    assert "is not placed." in result.output
    figures = figures_of(tmp_path / "result.json")
    assert (figures["placed"], figures["not_placed"], figures["invalid_rows"]) == (2, 1, 1)
    assert [row["order_ref"] for row in figures["broken_rows"]] == ["BROKEN-0002"]
    failed = Path(figures["failed_file"])
    lines = failed.read_text("utf-8").splitlines()
    failed.write_text("\n".join(line for line in lines if ",-4," not in line), "utf-8")

    mended = import_orders(platform, failed, *options)

    assert mended.exit_code == 0, mended.output
    assert figures_of(tmp_path / "result.json")["placed"] == 1


def test_an_order_is_counted_when_its_price_differs_from_the_catalogue(
    platform: Platform, tmp_path: Path
) -> None:
    history = tmp_path / "orders.csv"
    time = "2010-12-01T08:26:00Z"
    history.write_text(
        f"{HEADER}\nREFUSED-1,{time},c,REFUSED-A,,1,100,GBP\n"
        f"REFUSED-2,{time},c,REFUSED-A,,1,90,GBP\nREFUSED-3,{time},c,REFUSED-A,,1,100,GBP\n"
    )

    result = import_orders(platform, history, "--json", "--failed", tmp_path / "failed.csv")

    assert result.exit_code == 1
    figures = json.loads(result.stdout)
    assert (figures["placed"], figures["refused"], figures["audit_ok"]) == (2, 1, True)
    assert figures["refusals"][0]["order_ref"] == "REFUSED-2"
    assert figures["failed_file"] == str(tmp_path / "failed.csv")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
async def test_nothing_is_placed_twice_when_an_import_is_interrupted(
    platform: Platform, make_history: Callable[[str, int], Path], number: signal.Signals
) -> None:
    name = f"CUT-{number.name}"
    history = make_history(name, 300)
    connection = await asyncpg.connect(platform.database_url("orders"))

    async def count() -> tuple[int, int]:
        row = await connection.fetchrow(
            "select count(*), count(distinct reference) from orders where reference like $1",
            f"{name}-%",
        )
        assert row is not None
        return row[0], row[1]

    try:
        importing = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "waybill_toolkit", "import", "orders", history, "--set-prices",
            "--data", platform.folder, stdout=PIPE, stderr=STDOUT,
        )  # fmt: skip
        await eventually("ten orders", count, lambda found: found[0] >= 10)
        importing.send_signal(number)
        output, _ = await importing.communicate()
        assert importing.returncode != 0, output
        assert (await count())[0] < 300

        result = await asyncio.to_thread(import_orders, platform, history, "--set-prices")

        assert result.exit_code == 0, result.output
        assert await count() == (300, 300)
        if number is signal.SIGINT:
            assert b"The same command goes on with the rest" in output
    finally:
        await connection.close()
