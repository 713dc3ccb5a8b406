"""The traffic of a release is recorded by its forms, and refusals of it are reported."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import httpx
import pytest
from pydantic import BaseModel, ConfigDict

from waybill.events import Message, Received
from waybill.http import Answer, Operation
from waybill_toolkit.contracts.releases import recording
from waybill_toolkit.contracts.releases.recording import (
    RecordedEvent,
    RecordedRequest,
    Recorder,
    read_events,
    read_requests,
)
from waybill_toolkit.contracts.releases.replaying import refused_events, refused_requests


class Sell(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    sku: str
    units: int = 1


class Sold(BaseModel):
    sale_id: str
    sku: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sell204(Answer):
    status: ClassVar[int] = 204


SELL = Operation(
    id="sell", method="POST", path="/v1/sales", body=Sell, idempotent=True, answers=(Sell204,)
)
REQUEST = RecordedRequest(
    operation="sell",
    method="POST",
    path="/v1/sales",
    query="",
    headers={"Idempotency-Key": "k", "Content-Type": "application/json"},
    body='{"sku": "kettle"}',
)
RECEIVED = {"mail": [Received(Message("shop.sold.v1", "shop.sales.v1", "sale_id", Sold), "sold")]}
EVENT = RecordedEvent(
    type="shop.sold.v1",
    topic="shop.sales.v1",
    key="1",
    headers={
        "ce_specversion": "1.0",
        "ce_id": "019ab2d4-6f3e-7c1a-9a3b-5d0c6f8e2b41",
        "ce_source": "shop",
        "ce_type": "shop.sold.v1",
        "ce_time": "2026-11-22T09:30:00+00:00",
    },
    data={"sale_id": "1", "sku": "kettle", "new": True},
)


async def test_accepted_traffic_is_not_reported() -> None:
    assert await refused_requests([REQUEST], [SELL]) == []
    assert refused_events([EVENT], RECEIVED) == []


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (replace(REQUEST, body='{"sku": "kettle", "colour": "red"}'), "invalid-body"),
        (replace(REQUEST, body="{}"), "invalid-body"),
        (replace(REQUEST, query="fast=1"), "invalid-parameters"),
        (replace(REQUEST, path="/v1/deals"), "not-found"),
        (replace(REQUEST, method="PUT"), "method-not-allowed"),
        (
            replace(REQUEST, headers={"Content-Type": "application/json"}),
            "idempotency-key-missing",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_request_that_is_refused_today_is_reported(
    request_: RecordedRequest, why: str
) -> None:
    [reported] = await refused_requests([REQUEST, request_], [SELL])

    assert reported.startswith("sell, ")
    assert f"urn:waybill:problem:{why}" in reported


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (replace(EVENT, data={"sale_id": "1"}), "/sku: missing"),
        (replace(EVENT, topic="shop.deals.v1"), "its topic is shop.sales.v1 now"),
        (replace(EVENT, key="kettle"), "its key is sale_id now"),
        (replace(EVENT, headers={}), "ce_specversion"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_event_that_is_refused_today_is_reported(event: RecordedEvent, why: str) -> None:
    [reported] = refused_events([EVENT, event], RECEIVED)

    assert reported.startswith("shop.sold.v1 at mail: ")
    assert why in reported


def test_event_without_receivers_has_no_readers() -> None:
    assert refused_events([replace(EVENT, type="shop.lost.v1")], RECEIVED) == []


def test_a_few_are_kept_of_each_form(tmp_path: Path) -> None:
    recorder = Recorder()
    for number in range(9):
        recorder.request(replace(REQUEST, body=f'{{"sku": "{number}"}}'))
        recorder.event(replace(EVENT, data={"sale_id": str(number), "sku": "kettle"}))
    recorder.request(replace(REQUEST, body='{"sku": "kettle", "units": 2}'))
    recorder.event(EVENT)

    recorder.write(tmp_path)

    assert sorted(each.body for each in read_requests(tmp_path)) == [
        '{"sku": "0"}',
        '{"sku": "1"}',
        '{"sku": "2"}',
        '{"sku": "kettle", "units": 2}',
    ]
    assert len(read_events(tmp_path)) == 4


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    yield recording.start()
    recording.stop()


def test_only_what_had_success_is_kept(recorder: Recorder) -> None:
    request = httpx.Request("GET", "http://shop/v1/sales%20here?limit=1")
    for status in (200, 404):
        recording.note_request("list_sales", {}, httpx.Response(status, request=request))

    [[kept]] = recorder.requests.values()
    assert (kept.path, kept.query) == ("/v1/sales%20here", "limit=1")


def test_nothing_is_kept_unless_asked_for() -> None:
    before = recording.start()
    recording.stop()

    recording.note_event(EVENT)

    assert before.events == {}
