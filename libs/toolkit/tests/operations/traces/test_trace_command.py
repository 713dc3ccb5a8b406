"""`waybill trace` finds an order's trace in a file of OTLP/JSON lines, and draws it."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner, Result

from waybill_toolkit.cli import build

ORDER = "01a22d06-e649-7c9c-a1ea-a3e5e3b2cfc7"
OTHER = "01a22d06-e649-7c9c-a1ea-a3e5e3b2cfc8"
TRACE = "e98d6721050734e69c3b7394caeb991c"
MS = 1_000_000


def waybill(*arguments: object) -> Result:
    return CliRunner().invoke(build(), [str(argument) for argument in arguments])


def span(number: int, name: str, began: int, ended: int, **other: Any) -> dict[str, Any]:
    attributes = other.pop("attributes", {})
    return {
        "traceId": TRACE,
        "spanId": f"{number:016x}",
        "name": name,
        "kind": 1,
        "startTimeUnixNano": str(1_796_051_703_000_000_000 + began * MS),
        "endTimeUnixNano": str(1_796_051_703_000_000_000 + ended * MS),
        "attributes": [
            {"key": key, "value": {"stringValue": value}} for key, value in attributes.items()
        ],
        **other,
    }


def line(service: str, *spans: dict[str, Any]) -> str:
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}
    return json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    saga = {"waybill.saga.id": ORDER, "waybill.saga.ended_by": "paid"}
    other = {"traceId": "b" * 32}
    provider = {"waybill.provider.outcome": "approved"}
    lines = [
        line("gateway", span(1, "POST /v1/orders", 0, 50, kind=2)),
        line(
            "payments",
            span(4, "provider <authorize>", 60, 900, parentSpanId="2".zfill(16),
                 attributes=provider, status={"code": 2}),
        ),
        line("orders", span(2, "saga pay", 20, 950, parentSpanId="1".zfill(16), attributes=saga)),
        line("gateway", span(1, "POST /v1/orders", 0, 40, kind=2, **other)),
        line("orders", span(2, "saga pay", 1, 90, attributes={"waybill.saga.id": OTHER}, **other)),
    ]  # fmt: skip
    path = tmp_path / "spans.jsonl"
    path.write_text("\n".join([*lines, '{"resourceSpans": [{"half a line']))
    return path


def test_an_order_is_drawn_as_a_tree_with_where_its_time_went(file: Path) -> None:
    result = waybill("trace", ORDER, "--file", file)
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[0] == (
        f"trace {TRACE}: 950.0 ms, 3 spans of 3 services (gateway, orders, payments)"
    )
    drawn = [each.split("█")[0].split() for each in lines[2:5]]
    assert drawn[0] == ["0.0", "ms", "50.0", "ms", "gateway", "POST", "/v1/orders"]
    assert drawn[1] == ["20.0", "ms", "930.0", "ms", "orders", "saga", "pay", "(until", "paid)"]
    assert drawn[2][:6] == ["60.0", "ms", "840.0", "ms", "!", "payments"]
    longest = lines[lines.index("Longest times of their own:") + 1]
    assert longest.split() == [
        "840.0", "ms", "payments:", "provider", "<authorize>", "(approved)",
    ]  # fmt: skip


def test_a_trace_id_is_found_too(file: Path) -> None:
    result = waybill("trace", "b" * 32, "--file", file)
    assert "2 spans of 2 services (gateway, orders)" in result.output


def test_the_slowest_orders_come_first(file: Path) -> None:
    result = waybill("trace", "--slowest", 5, "--file", file)
    assert [each.split() for each in result.output.splitlines()] == [
        ["950.0", "ms", ORDER], ["90.0", "ms", OTHER],
    ]  # fmt: skip


def test_the_picture_is_svg_with_every_span(file: Path, tmp_path: Path) -> None:
    picture = tmp_path / "order.svg"
    assert waybill("trace", ORDER, "--file", file, "--svg", picture).exit_code == 0
    root = ET.fromstring(picture.read_text("utf-8"))  # noqa: S314 - our own
    titles = [each.text for each in root.iter("{http://www.w3.org/2000/svg}title")]
    assert f"Order {ORDER}" in titles
    assert "payments: provider <authorize> (approved), 840.0 ms" in titles


def test_an_unknown_order_is_explained(file: Path) -> None:
    result = waybill("trace", "01a22d06-0000-7c9c-a1ea-a3e5e3b2cfc7", "--file", file)
    assert result.exit_code == 1
    assert "it was not sampled (OTEL_TRACES_SAMPLER_ARG)" in result.output


def test_a_missing_file_is_explained(tmp_path: Path) -> None:
    result = waybill("trace", ORDER, "--file", tmp_path / "none")
    assert result.exit_code == 1
    assert "`waybill traces` writes such a file" in result.output


def test_a_file_of_something_else_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_text(f'{{"message": "{ORDER}"}}\n')
    result = waybill("trace", ORDER, "--file", file)
    assert result.exit_code == 1
    assert f"{file}, line 1: it is no OTLP/JSON of traces" in result.output


def test_an_order_or_the_slowest_ones_must_be_asked_for() -> None:
    assert waybill("trace").exit_code == 2
    assert waybill("trace", ORDER, "--slowest", 1).exit_code == 2


def test_parents_in_a_circle_come_to_an_end(tmp_path: Path) -> None:
    file = tmp_path / "spans.jsonl"
    first = span(1, "a", 0, 1, parentSpanId="2".zfill(16), attributes={"waybill.saga.id": ORDER})
    second = span(2, "b", 0, 1, parentSpanId="1".zfill(16))
    file.write_text(line("orders", first, second) + "\n")
    assert waybill("trace", ORDER, "--file", file).exit_code == 0
