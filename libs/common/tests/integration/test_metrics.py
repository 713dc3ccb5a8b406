"""/metrics: what a service has to do, read from its database and the broker."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as openmetrics_families,
)
from prometheus_client.parser import text_string_to_metric_families
from pydantic import BaseModel
from starlette.types import Message

from waybill.http.metrics import REQUEST_SECONDS
from waybill.kafka.errors import BrokerRefusedError
from waybill.postgres import Database
from waybill.postgres.migrations import migrate
from waybill.process.background import refusal_of
from waybill.process.exposition import Metrics
from waybill.process.gauges import Gauges
from waybill.process.metrics import CPU
from waybill.process.values import add, counted, packed, unpacked, values_of
from waybill.receiving.metrics import RECEIVED, Lag
from waybill.saga import Saga, Step
from waybill.saga.metrics import know

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
    """A part whose lag is known."""

    def __init__(self, lag: Mapping[str, int] | None) -> None:
        self._lag = lag
        self.reads = 0

    async def lag(self) -> Lag:
        self.reads += 1
        if self._lag is None:
            raise BrokerRefusedError("no")
        return Lag(self._lag, dict.fromkeys(self._lag, 2.5))


async def values(gauges: Gauges) -> dict[str, float]:
    text = (await answer(Metrics(gauges)))[1]
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


async def test_open_work_is_counted(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "0001_none.sql").write_text("select 1;")
    await migrate(database_url, tmp_path)
    know(PLACE)
    database = await Database.open(database_url)
    async with database.connection() as connection:
        for statement in (_OUTBOX, _LETTER, _SAGA):
            await connection.execute(statement)
    found = await values(Gauges(database, [Reader({"a.b.v1": 7})]))
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


async def test_the_others_are_shown_when_the_broker_cannot_be_read() -> None:
    assert (await values(Gauges(None, [Reader(None)])))["waybill_broker_up"] == 0


async def test_many_scrapes_read_once() -> None:
    reader = Reader({})
    gauges = Gauges(None, [reader])
    await asyncio.gather(*(gauges.read() for _ in range(5)))
    assert reader.reads == 1


async def test_openmetrics_has_exemplars_and_the_text_format_has_none() -> None:
    REQUEST_SECONDS.labels("read_it", "read").observe(0.2, {"trace_id": "4bf92f3577b34da6"})
    metrics = Metrics(Gauges(None, []))
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
