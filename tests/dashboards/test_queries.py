"""Each query of each dashboard finds data on a platform that has taken 1,000 orders."""

from tests.dashboards.queries import EMPTY, Observed, Query, all_queries, faults


def test_every_query_finds_data(observed: Observed) -> None:
    assert list(faults(observed, all_queries(), EMPTY)) == []


def test_a_query_without_data_and_an_unused_reason_are_found(observed: Observed) -> None:
    queries = [Query("here: gone", "sum (waybill_gone)"), Query("here: up", "up")]
    assert list(faults(observed, queries, {"here: up": "it is down"})) == [
        "here: gone has no data: sum (waybill_gone)",
        "here: up has data",
    ]
    assert list(faults(observed, queries, {"here: gone": "nobody counts it"})) == []
