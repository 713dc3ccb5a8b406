"""The relay: from a full outbox to the broker."""

import asyncio
import time
from typing import Final

from waybill.postgres import connect
from waybill.postgres.migrations import migrate
from waybill.sending.relay import Relay
from waybill_toolkit.lab.bench.parts.traffic import NOTE, SOURCE, TRACE, topic
from waybill_toolkit.lab.bench.runtime import scratch_database
from waybill_toolkit.lab.bench.scenario import Figures
from waybill_toolkit.operations.workload.tasks import grouped
from waybill_toolkit.platform.handle import Platform

_LOOK_SECONDS: Final = 0.005
_FILL: Final = """
    insert into outbox (event_id, topic, key, type, source, time, traceparent, payload)
    select gen_random_uuid(), $2, gen_random_uuid(), 'bench.order-noted.v1', $3, now(), $4,
        convert_to(format('{"order_id":"%s","amount_minor":255,"note":"%s"}',
            gen_random_uuid(), $5::text), 'UTF8')
    from generate_series(1, $1)
"""


async def measure_relay(platform: Platform, events: int) -> Figures:
    """Publish the events; the time starts with the relay."""
    async with scratch_database(platform) as url:
        await migrate(url)
        target = topic()
        async with connect(url, name="bench") as connection:
            await connection.execute(_FILL, events, target.name, SOURCE, TRACE, NOTE)
            await connection.execute("analyze outbox")
        security = platform.broker_security()
        relay = Relay(url, platform.bootstrap_servers, [target], security=security)
        stop = asyncio.Event()
        async with grouped() as group:
            began, cpu = time.monotonic(), time.process_time()
            group.create_task(relay.run(stop))
            while relay.published < events:  # noqa: ASYNC110 - the relay has no event
                await asyncio.sleep(_LOOK_SECONDS)
            seconds, cpu = time.monotonic() - began, time.process_time() - cpu
            stop.set()
    return {"events_per_second": events / seconds, "cpu_seconds_per_event": cpu / events}
