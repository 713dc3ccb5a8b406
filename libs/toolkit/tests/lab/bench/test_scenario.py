"""Medians over rounds, shares of costs, baskets, the chart."""

from io import StringIO
from pathlib import Path
from statistics import median
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from waybill_toolkit.lab.bench.baskets import generated, of_history
from waybill_toolkit.lab.bench.costs import _SERVES, Counters
from waybill_toolkit.lab.bench.loading import CHUNK, Bulk
from waybill_toolkit.lab.bench.plot import Curve, Plot
from waybill_toolkit.lab.bench.scenario import Figures, medians
from waybill_toolkit.lab.bench.scenarios.growth import sizes
from waybill_toolkit.lab.bench.scenarios.open_loop import is_sustained
from waybill_toolkit.lab.bench.show import steps_bar
from waybill_toolkit.operations.order_import.rows import HEADER

KEPT = {
    "unconfirmed": 0,
    "offered_share": 1.0,
    "accept_ms_p99": 50.0,
    "confirm_ms_p99": 1000.0,
}


def test_a_result_has_the_median_of_each_figure_and_of_each_part() -> None:
    rounds: list[Figures] = [
        {"a_ms": 1.0, "by_process": {"orders": 3.0}, "b": None},
        {"a_ms": 9.0, "by_process": {"orders": 1.0, "client": 5.0}, "b": None},
        {"a_ms": 2.0, "by_process": {"orders": 2.0}, "b": None},
    ]

    assert medians(rounds) == {
        "a_ms": 2.0,
        "by_process": {"orders": 2.0, "client": 5.0},
        "b": None,
    }


def test_costs_are_shared_among_the_orders() -> None:
    before = Counters({"orders": 1.0, "client": 2.0}, {"orders": 10}, {"orders": 5}, 1000, {})
    after = Counters(
        {"orders": 3.0, "client": 2.0, "gateway": 1.0}, {"orders": 50}, {"orders": 45}, 5000, {}
    )

    figures = after.figures_since(before, orders := 4)

    assert orders == 4
    assert figures["cpu_seconds_per_order"] == 0.75
    assert figures["cpu_seconds_per_order_by_process"] == {"orders": 0.5, "gateway": 0.25}
    assert figures["statements_per_order"] == 10
    assert figures["transactions_per_order"] == 10
    assert figures["wal_bytes_per_order"] == 1000


def test_there_are_no_statements_without_the_library_that_counts_them() -> None:
    counters = Counters({}, None, {}, 0, {})

    assert counters.figures_since(counters, 1)["statements_per_order"] is None


@pytest.mark.parametrize(
    ("title", "served"),
    [
        ("postgres: orders orders 127.0.0.1(1234) idle", ("orders", "orders")),
        ("postgres: waybill_admin orders 127.0.0.1(1234) SELECT", ("waybill_admin", "orders")),
        ("postgres: cluster: orders orders 127.0.0.1(1) idle", ("orders", "orders")),
    ],
)
def test_a_backend_says_whom_it_serves(title: str, served: tuple[str, str]) -> None:
    found = _SERVES.match(title)

    assert found
    assert (found["role"], found["database"]) == served


@pytest.mark.parametrize("title", ["postgres: checkpointer ", "postgres: walwriter "])
def test_other_processes_of_postgresql_serve_no_client(title: str) -> None:
    assert _SERVES.match(title) is None


def test_generated_baskets_have_the_shape_of_the_real_ones() -> None:
    """As for 300 real baskets: half have at least 11 lines, one in ten at least 40."""
    lengths = sorted(len(basket) for basket in generated().baskets)

    assert 7 <= median(lengths) <= 14
    assert 30 <= lengths[int(len(lengths) * 0.9)] <= 60
    assert lengths[0] == 1
    assert generated().baskets == generated().baskets


def test_real_baskets_keep_their_lines_and_get_new_references(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(
        f"{HEADER}\n"
        "1,2010-12-01T08:26:00Z,17850,A,Lantern,6,255,GBP\n"
        "1,2010-12-01T08:26:00Z,17850,B,Bottle,2,339,GBP\n",
        "utf-8",
    )
    orders = of_history(path).orders("run")

    first, second = next(orders), next(orders)

    assert [(line.sku, line.quantity) for line in first.lines] == [("A", 6), ("B", 2)]
    assert first.reference != second.reference


def test_growth_goes_in_the_usual_steps_up_to_the_wish() -> None:
    assert sizes(None) == [10_000, 100_000, 1_000_000]
    assert sizes(50_000) == [10_000, 50_000]
    assert sizes(100) == [100]


def test_loading_leaves_no_order_out() -> None:
    bulk = Bulk(first=11, last=2 * CHUNK + 5, total=100_000)

    assert list(bulk.chunks()) == [(11, CHUNK + 10), (CHUNK + 11, 2 * CHUNK + 5)]
    assert bulk.steps == 2 * 3  # databases


def test_progress_is_lines_on_stderr_where_there_is_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with steps_bar(Console(file=StringIO()), "Loading", 2) as step:
        step()
        step()

    assert capsys.readouterr() == ("", "Loading: 1 of 2\nLoading: 2 of 2\n")


def test_a_rate_is_sustained_when_all_limits_are_kept() -> None:
    assert is_sustained(KEPT)


@pytest.mark.parametrize(
    "broken",
    [
        {"unconfirmed": 1},
        {"offered_share": 0.9},
        {"accept_ms_p99": 50.1},
        {"confirm_ms_p99": 1001.0},
        {"confirm_ms_p99": None},
    ],
)
def test_a_rate_is_not_sustained_when_one_limit_is_broken(broken: dict[str, float]) -> None:
    assert not is_sustained({**KEPT, **broken})


def test_a_plot_is_a_picture_with_a_line_for_each_curve() -> None:
    curves = [
        Curve("accept p50", [(25, 3.2), (1000, 80.0)]),
        Curve("confirm <p99>", [(25, 120), (50, 0)]),
    ]

    svg = ET.fromstring(Plot("Latency & rate", "a second", "ms", curves).svg())  # noqa: S314 - ours

    names = [element.tag.rpartition("}")[2] for element in svg.iter()]
    texts = [element.text for element in svg.iter() if element.text and element.text.strip()]
    assert names.count("polyline") == 2
    assert names.count("circle") == 3
    assert {"Latency & rate", "confirm <p99>", "1,000", "100"} <= set(texts)


def test_there_is_no_picture_of_nothing() -> None:
    with pytest.raises(ValueError, match="no point"):
        Plot("", "", "", [Curve("empty", [])]).svg()
