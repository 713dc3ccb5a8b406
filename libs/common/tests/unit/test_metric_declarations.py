"""Metrics are declared once, with names that follow the rules of Prometheus."""

from collections.abc import Callable

import pytest

from waybill.metrics import DECLARED, counter, gauge, histogram, reading


@pytest.mark.parametrize(
    ("declare", "name", "unit", "reason"),
    [
        (counter, "waybill_things", "things", "end in _total"),
        (gauge, "waybill_things_total", "things", "end in _total"),
        (histogram, "waybill_wait", "seconds", "ends in _seconds"),
        (counter, "things_total", "things", "a name is waybill_"),
        (gauge, "waybill_Things", "things", "a name is waybill_"),
        (gauge, "waybill_things_sum", "things", "a name is waybill_"),
        (gauge, "waybill_things_info", "things", "ends in _info"),
    ],
)
def test_a_name_is_refused_when_it_breaks_a_rule(
    declare: Callable[..., object], name: str, unit: str, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        declare(name, "Things.", unit=unit)
    assert name not in DECLARED


def test_a_second_declaration_of_a_name_is_refused() -> None:
    reading("waybill_test_twice", "Things.", unit="things")
    try:
        with pytest.raises(ValueError, match="declared twice"):
            reading("waybill_test_twice", "Others.", unit="things")
    finally:
        del DECLARED["waybill_test_twice"]


def test_a_reading_has_a_value_for_each_label() -> None:
    found = reading("waybill_test_labelled", "Things.", ("kind",), unit="things")
    try:
        assert found.of(2, "small") == ("waybill_test_labelled", ("small",), 2.0)
        with pytest.raises(ValueError, match="labels"):
            found.of(2)
    finally:
        del DECLARED["waybill_test_labelled"]


def test_what_every_replica_reads_says_how_to_aggregate_it() -> None:
    from waybill.sending.metrics import IS_LEADER, OUTBOX  # noqa: F401, PLC0415 - declares them

    assert DECLARED["waybill_outbox_events"].text.endswith("aggregate with max.")
    assert "max" not in DECLARED["waybill_relay_leads"].text
