"""/metrics: what a service has to do, read from its database and the broker."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from aiokafka.errors import GroupAuthorizationFailedError  # type: ignore[import-untyped]  # it is untyped
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as openmetrics_families,
)
from prometheus_client.parser import text_string_to_metric_families
from pydantic import BaseModel
from starlette.types import Message

from waybill.http.metrics import REQUEST_SECONDS
from waybill.kafka.errors import BrokerRefusedError, BrokerUnavailableError
from waybill.postgres import Database
from waybill.postgres.migrations import migrate
from waybill.process import gauges
from waybill.process.background import refusal_of
from waybill.process.exposition import Metrics
from waybill.process.gauges import Gauges
from waybill.process.metrics import CPU
from waybill.process.values import add, counted, packed, unpacked, values_of
from waybill.receiving.metrics import RECEIVED, Lag
from waybill.saga import Saga, Step
from waybill.saga.metrics import know
from waybill_toolkit.platform.postgres import PostgresServer
from waybill_toolkit.testing.plugin import fresh_database

_OUTBOX = """
    insert into outbox (event_id, topic, key, type, source, time, traceparent, payload)
    select gen_random_uuid(), 't', 'k', 'x.y.v1', 's', now() - make_interval(secs => n), '', ''
    from generate_series(1, 60) as n
"""
_LETTER = """
    insert into dead_letters (event_id, topic, partition, "offset", key, header_names,
        header_values, attempts, state, due_at, parked_at)
    values (gen_random_uuid(), 't', 0, 1, 'k', '{}', '{}', 1, 'dead', now(),
        now() - interval '1 minute')
"""
_SAGA = """
    insert into sagas (saga_id, definition, version, direction, position, transitions, deadline_at,
        updated_at)
    values (gen_random_uuid(), 'place-order', 1, 'forward', 0, 1, now(),
        now() - interval '1 minute')
"""


class Command(BaseModel):
    """Does nothing."""


PLACE: Saga[None, Command] = Saga(
    name="place-order",
    version=1,
    steps=tuple(
        Step(name=name, command=lambda _: Command(), done=Command, deadline=timedelta(minutes=1))
        for name in ("reserve", "pay")
    ),
)


class Reader:
    """A part whose lag is known, or cannot be read."""

    def __init__(self, lag: Mapping[str, int] | Exception) -> None:
        self._lag = lag
        self.reads = 0

    async def lag(self) -> Lag:
        self.reads += 1
        if isinstance(self._lag, Exception):
            raise self._lag
        return Lag(self._lag, dict.fromkeys(self._lag, 2.5))


async def values(read: Gauges) -> dict[str, float]:
    text = (await answer(Metrics(read)))[1]
    return {
        " ".join((sample.name, *sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def answer(metrics: Metrics, accept: str = "*/*") -> tuple[str, str]:
    """Return the content type and the body of /metrics."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    scope = {"type": "http", "headers": [(b"accept", accept.encode())]}
    await metrics(scope, receive, send)
    return dict(sent[0]["headers"])[b"content-type"].decode(), sent[1]["body"].decode()


@pytest_asyncio.fixture
async def lost_database(postgres_server: PostgresServer) -> AsyncIterator[Database]:
    """A database that was dropped while it was in use."""
    async with fresh_database(postgres_server) as url:
        database = await Database.open(url)
    yield database
    await database.close()


async def test_open_work_is_counted(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "0001_none.sql").write_text("select 1;")
    await migrate(database_url, tmp_path)
    know(PLACE)
    database = await Database.open(database_url)
    async with database.connection() as connection:
        for statement in (_OUTBOX, _LETTER, _SAGA):
            await connection.execute(statement)
    found = await values(Gauges([database], [Reader({"a.b.v1": 7})]))
    await database.close()
    assert found["waybill_outbox_events"] == 60
    assert found["waybill_dead_letters dead"] == 1
    assert found["waybill_dead_letters waiting"] == 0
    assert found["waybill_sagas_open place-order forward reserve"] == 1
    assert found["waybill_saga_oldest_seconds place-order forward reserve"] >= 60
    assert found["waybill_sagas_open place-order forward pay"] == 0
    assert found["waybill_consumer_lag_records a.b.v1"] == 7
    assert found["waybill_consumer_lag_seconds a.b.v1"] == 2.5
    assert found["waybill_dead_letter_oldest_seconds"] >= 60
    assert 60 <= found["waybill_outbox_oldest_seconds"] < 600


async def test_many_discarded_letters_hide_no_dead_one(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gauges, "_COUNT_MAX", 2)
    await migrate(database_url)
    database = await Database.open(database_url)
    async with database.connection() as connection:
        for _ in range(4):
            await connection.execute(_LETTER.replace("'dead'", "'discarded'"))
        await connection.execute(_LETTER.replace("1 minute", "0 minutes"))
    found = await values(Gauges([database], []))
    await database.close()
    assert found["waybill_dead_letters dead"] == 1
    assert found["waybill_dead_letters discarded"] == 2


async def test_an_exhausted_pool_is_no_database_that_does_not_answer(database_url: str) -> None:
    await migrate(database_url)
    database = await Database.open(database_url, pool_max=1, source="one-at-a-time")
    async with database.connection() as busy:
        found = await values(Gauges([database], []))
        opened = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'one-at-a-time'"
        assert await busy.fetchval(opened) == 1
    await database.close()
    assert found["waybill_database_up"] == 1
    assert found["waybill_outbox_events"] == 0


async def test_every_database_has_to_answer(database_url: str, lost_database: Database) -> None:
    await migrate(database_url)
    database = await Database.open(database_url)
    up = await values(Gauges([database, database], []))
    lost = await values(Gauges([database, lost_database], []))
    await database.close()
    assert (up["waybill_database_up"], up["waybill_outbox_events"]) == (1, 0)
    assert (lost["waybill_database_up"], lost["waybill_outbox_events"]) == (0, 0)


@pytest.mark.parametrize(
    ("error", "up"),
    [
        (BrokerUnavailableError("away"), 0),
        (TimeoutError(), 0),
        (BrokerRefusedError("GroupAuthorizationFailedError"), 1),
        (GroupAuthorizationFailedError(), 1),
    ],
)
async def test_a_broker_that_refuses_answers_but_shows_no_lag(error: Exception, up: int) -> None:
    found = await values(Gauges([], [Reader(error)]))
    assert found["waybill_broker_up"] == up
    assert "waybill_consumer_lag_records a.b.v1" not in found


async def test_many_scrapes_read_once() -> None:
    reader = Reader({})
    several = Gauges([], [reader])
    await asyncio.gather(*(several.read() for _ in range(5)))
    assert reader.reads == 1


async def test_openmetrics_has_exemplars_and_the_text_format_has_none() -> None:
    REQUEST_SECONDS.labels("read_it", "read").observe(0.2, {"trace_id": "4bf92f3577b34da6"})
    metrics = Metrics(Gauges([], []))
    kind, text = await answer(metrics, "application/openmetrics-text;version=1.0.0")
    assert kind.startswith("application/openmetrics-text; version=1.0.0")
    exemplars = [
        sample.exemplar.labels
        for family in openmetrics_families(text)  # type: ignore[no-untyped-call] # it has no types
        for sample in family.samples
        if sample.exemplar and sample.labels.get("operation") == "read_it"
    ]
    assert exemplars == [{"trace_id": "4bf92f3577b34da6"}]
    kind, text = await answer(metrics, "text/plain")
    assert kind == "text/plain; version=0.0.4; charset=utf-8"
    assert "4bf92f3577b34da6" not in text
    assert "_created" not in text


def test_what_both_processes_count_is_added() -> None:
    of = RECEIVED.labels("a.b.v1", "on_b", "processed")
    key = ("waybill_events_received_total", ("a.b.v1", "on_b", "processed"))
    of.inc(3)  # before the fork
    before = counted()
    of.inc(2)
    child = values_of("background", [CPU.of(1.5)], before)
    assert child[key[0]][key].value == 2
    both = add(values_of("serving", [CPU.of(0.5)]), unpacked(packed(child)))
    assert both[key[0]][key].value == 5 + 2
    cpu = both["waybill_process_cpu_seconds_total"]
    assert {labels: each.value for (_, labels), each in cpu.items()} == {
        ("serving",): 0.5,
        ("background",): 1.5,
    }


def test_a_refused_part_is_the_reason() -> None:
    class Refused:
        refusal = "consumer: refused"

    assert refusal_of([Reader({}), Refused()]) == "consumer: refused"
    assert refusal_of([Reader({})]) is None
