"""Sent events that a service checks itself, on the real outbox."""

import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from prometheus_client import generate_latest
from pydantic import BaseModel

from waybill.conformance import check_contract
from waybill.conformance.findings import Findings
from waybill.conformance.schemas import Schemas
from waybill.conformance.sent import SentEvents, checked_transactions
from waybill.events import Message
from waybill.postgres import Database, Transaction
from waybill.postgres.migrations import migrate


class Sold(BaseModel):
    sale_id: str
    units: int


class Other(BaseModel):
    sale_id: str


MESSAGES: dict[str, Message[Any]] = {
    "right": Message("shop.sold.v1", "shop.sale-events.v1", "sale_id", Sold),
    "wrong topic": Message("shop.sold.v1", "elsewhere.v1", "sale_id", Sold),
    "wrong key": Message("shop.sold.v1", "shop.sale-events.v1", "units", Sold),
    "only received": Message("stock.counted.v1", "stock.events.v1", "sale_id", Other),
}
CONTRACT: dict[str, Any] = {
    "channels": {
        "sale_events": {
            "address": "shop.sale-events.v1",
            "messages": {"sold": {"$ref": "#/components/messages/sold"}},
        },
        "stock_events": {
            "address": "stock.events.v1",
            "messages": {"counted": {"$ref": "#/components/messages/counted"}},
        },
    },
    "operations": {
        "send_sales": {
            "action": "send",
            "channel": {"$ref": "#/channels/sale_events"},
            "messages": [{"$ref": "#/channels/sale_events/messages/sold"}],
        },
        "receive_stock": {
            "action": "receive",
            "channel": {"$ref": "#/channels/stock_events"},
            "messages": [{"$ref": "#/channels/stock_events/messages/counted"}],
        },
    },
    "components": {
        "messages": {
            "sold": {
                "name": "shop.sold.v1",
                "x-key": "sale_id",
                "payload": {"$ref": "#/components/schemas/Sold"},
                "headers": {"$ref": "#/components/schemas/EventHeaders"},
            },
            "counted": {
                "name": "stock.counted.v1",
                "x-key": "sale_id",
                "payload": {"type": "object"},
                "headers": {"$ref": "#/components/schemas/EventHeaders"},
            },
        },
        "schemas": {
            "Sold": {
                "type": "object",
                "additionalProperties": False,
                "required": ["sale_id", "units"],
                "properties": {
                    "sale_id": {"type": "string"},
                    "units": {"type": "integer", "minimum": 1},
                },
            },
            "EventHeaders": {
                "type": "object",
                "required": ["ce_id", "ce_source", "traceparent"],
                "properties": {
                    "ce_id": {"type": "string", "format": "uuid"},
                    "ce_time": {"type": "string", "format": "date-time"},
                    "ce_source": {"const": "shop"},
                },
            },
        },
    },
}


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    await migrate(database_url)
    database = await Database.open(database_url, source="shop")
    yield database
    await database.close()


@pytest.fixture
def findings() -> Findings:
    return Findings()


def check(database: Database, findings: Findings) -> None:
    database.begin = checked_transactions(SentEvents(Schemas(CONTRACT), findings))


async def send(database: Database, name: str, data: BaseModel) -> None:
    async with database.transaction() as tx:
        tx.send(MESSAGES[name], data)


async def outbox(database: Database) -> int:
    async with database.connection() as connection:
        count: int = await connection.fetchval("SELECT count(*) FROM outbox")
        return count


def counted(findings: Findings) -> dict[str, float]:
    lines = generate_latest(findings.registry).decode().splitlines()
    samples = (line.rpartition(" ") for line in lines if "_total{" in line)
    return {name.removeprefix("waybill_contract_"): float(value) for name, _, value in samples}


async def test_an_event_is_counted_and_nothing_else_when_it_is_as_declared(
    database: Database, findings: Findings
) -> None:
    check(database, findings)

    await send(database, "right", Sold(sale_id="a", units=1))

    assert counted(findings) == {'checks_total{side="event"}': 1}
    assert await outbox(database) == 1


@pytest.mark.parametrize(
    ("name", "data", "found"),
    [
        (
            "right",
            Sold(sale_id="Ms Mint", units=0),
            ("shop.sold.v1", "payload", "components/schemas/Sold/properties/units/minimum"),
        ),
        ("wrong topic", Sold(sale_id="a", units=1), ("shop.sold.v1", "topic", "elsewhere.v1")),
        ("wrong key", Sold(sale_id="a", units=1), ("shop.sold.v1", "key", "is not sale_id")),
        (
            "only received",
            Other(sale_id="a"),
            ("stock.counted.v1", "type", "is not sent by this service"),
        ),
    ],
)
async def test_an_event_is_counted_and_logged_and_sent_when_it_breaks_the_contract(
    database: Database,
    findings: Findings,
    caplog: pytest.LogCaptureFixture,
    *,
    name: str,
    data: BaseModel,
    found: tuple[str, str, str],
) -> None:
    check(database, findings)

    await send(database, name, data)

    type_, part, place = found
    sample = f'violations_total{{part="{part}",side="event",subject="{type_}"}}'
    assert counted(findings) == {'checks_total{side="event"}': 1, sample: 1}
    assert await outbox(database) == 1
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.message == f"contract violation: event {type_}: {part} {place}"


async def test_the_database_checks_when_the_service_is_told_to(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "openapi.json").write_text('{"paths": {}}')
    (tmp_path / "asyncapi.json").write_text(json.dumps(CONTRACT))
    check_contract([], tmp_path, database)

    await send(database, "right", Sold(sale_id="a", units=-1))

    assert "contract violation: event shop.sold.v1: payload" in caplog.text


async def test_transactions_are_plain_ones_when_it_is_off(database: Database) -> None:
    async with database.transaction() as tx:
        assert type(tx) is Transaction
