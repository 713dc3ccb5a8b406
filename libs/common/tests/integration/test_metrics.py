"""/metrics: what a service has to do, read from its database and the broker."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from waybill.kafka.errors import BrokerRefusedError
from waybill.postgres import Database
from waybill.postgres.migrations import migrate
from waybill.process.background import refusal_of
from waybill.process.exposition import render
from waybill.process.gauges import Gauges

_OUTBOX = """
    insert into outbox (event_id, topic, key, type, source, time, traceparent, payload)
    select gen_random_uuid(), 't', 'k', 'x.y.v1', 's', now() - make_interval(secs => n), '', ''
    from generate_series(1, 60) as n
"""
_LETTER = """
    insert into dead_letters (event_id, topic, partition, "offset", key, header_names,
        header_values, attempts, state, due_at, parked_at)
    values (gen_random_uuid(), 't', 0, 1, 'k', '{}', '{}', 1, 'dead', now(), now())
"""
_SAGA = """
    insert into sagas (saga_id, definition, version, direction, position, transitions, deadline_at,
        updated_at)
    values (gen_random_uuid(), 'place-order', 1, 'forward', 0, 1, now(),
        now() - interval '1 minute')
"""


class Reader:
    """A part whose lag is known."""

    def __init__(self, lag: Mapping[str, int] | None) -> None:
        self._lag = lag
        self.reads = 0

    async def lag(self) -> Mapping[str, int]:
        self.reads += 1
        if self._lag is None:
            raise BrokerRefusedError("no")
        return self._lag


async def values(gauges: Gauges) -> dict[str, float]:
    text = render(await gauges.read()).decode()
    return {
        " ".join((sample.name, *sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_open_work_is_counted(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "0001_none.sql").write_text("select 1;")
    await migrate(database_url, tmp_path)
    database = await Database.open(database_url)
    async with database.connection() as connection:
        for statement in (_OUTBOX, _LETTER, _SAGA):
            await connection.execute(statement)
    found = await values(Gauges(database, [Reader({"a.b.v1": 7})]))
    await database.close()
    assert found["waybill_outbox_events"] == 60
    assert found["waybill_dead_letters dead"] == 1
    assert found["waybill_dead_letters waiting"] == 0
    assert found["waybill_sagas_open place-order forward"] == 1
    assert found["waybill_saga_longest_wait_seconds place-order forward"] >= 60
    assert found["waybill_consumer_lag_records a.b.v1"] == 7
    assert 60 <= found["waybill_outbox_oldest_seconds"] < 600


async def test_the_others_are_shown_when_the_broker_cannot_be_read() -> None:
    assert (await values(Gauges(None, [Reader(None)])))["waybill_broker_up"] == 0


async def test_many_scrapes_read_once() -> None:
    reader = Reader({})
    gauges = Gauges(None, [reader])
    await asyncio.gather(*(gauges.read() for _ in range(5)))
    assert reader.reads == 1


def test_a_refused_part_is_the_reason() -> None:
    class Refused:
        refusal = "consumer: refused"

    assert refusal_of([Reader({}), Refused()]) == "consumer: refused"
    assert refusal_of([Reader({})]) is None
