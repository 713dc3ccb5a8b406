"""Ids stay whole in what commands print."""

import io
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from waybill_toolkit.command_line.tables import print_table
from waybill_toolkit.operations.events.published import Published
from waybill_toolkit.platform.work import work_in

ID = "019ab2d4-6f3e-7c1a-9a3b-5d0c6f8e2b41"


def test_no_id_is_cut_or_broken_on_a_narrow_terminal() -> None:
    table = Table("Service", "Event", "Key", "Error")
    table.columns[1].no_wrap = True
    table.add_row("inventory", ID, ID, "a sentence of many words " * 5)
    out = io.StringIO()
    print_table(Console(file=out, width=60), table)
    assert out.getvalue().count(ID) == 2
    assert "…" not in out.getvalue()


def test_a_shortened_payload_ends_behind_a_whole_member() -> None:
    payload = f'{{"order_id": "{ID}", "total": 1, "more": "{ID}"}}'.encode()
    event = Published(
        datetime(2026, 11, 29, tzinfo=UTC), "t", 0, 1, "a.b.v1", "1", ID, payload
    )  # fmt: skip
    for width in range(1, 120):
        assert event.to_line(width).count("019ab2d4") == event.to_line(width).count(ID)


def test_work_is_summarized_from_the_metrics_of_a_service() -> None:
    metrics = """
# TYPE waybill_sagas_open gauge
waybill_sagas_open{definition="place-order",direction="forward",step="reserve-stock"} 2.0
waybill_sagas_open{definition="place-order",direction="forward",step="commit-stock"} 0.0
waybill_sagas_open{definition="place-order",direction="compensating",step="reserve-stock"} 1.0
waybill_saga_oldest_seconds{definition="place-order",direction="forward",step="reserve-stock"} 9.26
waybill_saga_oldest_seconds{definition="place-order",direction="forward",step="commit-stock"} 0.0
waybill_consumer_lag_records{topic="a.b.v1"} 4.0
waybill_consumer_lag_records{topic="c.d.v1"} 0.0
waybill_consumer_lag_seconds{topic="a.b.v1"} 1.5
waybill_consumer_lag_seconds{topic="c.d.v1"} 0.0
waybill_outbox_events 5.0
waybill_outbox_oldest_seconds 61.04
waybill_dead_letters{state="dead"} 1.0
waybill_dead_letters{state="waiting"} 0.0
waybill_database_up 1.0
waybill_broker_up 0.0
"""
    assert work_in(metrics) == {
        "in_progress": 3,
        "steps": [
            {
                "definition": "place-order",
                "step": "reserve-stock",
                "direction": "forward",
                "sagas": 2,
                "oldest_seconds": 9.3,
            },
            {
                "definition": "place-order",
                "step": "reserve-stock",
                "direction": "compensating",
                "sagas": 1,
                "oldest_seconds": 0.0,
            },
        ],
        "lag_records": 4,
        "lag_seconds": 1.5,
        "outbox_events": 5,
        "outbox_oldest_seconds": 61.0,
        "dead_letters": {"dead": 1},
        "unavailable": ["broker"],
    }
    assert work_in("{}") == {}
    assert work_in('waybill_upstream_up{service="orders"} 1.0\n') == {}, "a gateway has no work"
