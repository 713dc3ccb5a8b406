"""What the runtime relies on in a `BrokerLink`, shown on the simulated and the real broker."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from typing import Any

import pytest

from waybill.events import Topic
from waybill.kafka.errors import BrokerUnavailableError
from waybill.kafka.link import BrokerLink, create_usable
from waybill.kafka.partitions import Partition
from waybill.kafka.record_batches import RecordBatch
from waybill_simulation.kafka.broker import Broker
from waybill_simulation.kafka.link import SimulatedLink
from waybill_simulation.loop import PROCESS
from waybill_simulation.network import Machine, Network
from waybill_toolkit.platform.broker import BrokerServer

Open = Callable[[], Awaitable[Any]]
Suite = Callable[[Open, Callable[[], None]], Awaitable[None]]

_names = (f"conformance-{number}" for number in itertools.count(1))


def _batch(*values: bytes) -> bytes:
    batch = RecordBatch()
    for number, value in enumerate(values):
        batch.append(number, b"key", value, [("a", b"b")], 1)
    return batch.encode()


async def appends_and_tells_where(open_link: Open, _: Callable[[], None]) -> None:
    link = await open_link()
    topic = Topic(next(_names), 2, 1)
    assert await link.topics([topic.name]) == {}
    await create_usable(link, [topic])
    states = await link.topics([topic.name])
    assert len(states[topic.name].leaders) == 2
    first, second = Partition(topic.name, 0), Partition(topic.name, 1)
    assert await link.produce({first: _batch(b"1", b"2"), second: _batch(b"3")}, states) == {
        first: 0,
        second: 0,
    }
    assert await link.produce({first: _batch(b"4")}, states) == {first: 2}
    ends = await link.end_offsets([first, second], states)
    assert ends == {first: 3, second: 1}
    await create_usable(link, [topic])
    assert await link.topics([topic.name]) == states
    await link.prove()
    await link.close()


async def stays_broken_after_a_restart(open_link: Open, restart: Callable[[], None]) -> None:
    link = await open_link()
    topic = Topic(next(_names), 1, 1)
    await create_usable(link, [topic])
    before = await link.topics([topic.name])
    restart()
    with pytest.raises(BrokerUnavailableError):
        await link.prove()
    with pytest.raises(BrokerUnavailableError):
        await link.topics([topic.name])
    again = await open_link()
    assert await again.topics([topic.name]) == {}
    await create_usable(again, [topic])
    assert (await again.topics([topic.name]))[topic.name].topic_id != before[topic.name].topic_id
    await again.close()


SUITES = [appends_and_tells_where, stays_broken_after_a_restart]


@pytest.mark.parametrize("suite", SUITES)
async def test_real_broker(suite: Suite, broker_server: BrokerServer) -> None:
    def restart() -> None:
        broker_server.lose()
        broker_server.start()

    await suite(lambda: BrokerLink.open(broker_server.bootstrap_servers), restart)


@pytest.mark.parametrize("suite", SUITES)
def test_simulated_broker(suite: Suite) -> None:
    network = Network(1)
    broker = Broker(network)

    def restart() -> None:
        broker.stop(forget=True)
        broker.start()

    async def run() -> None:
        await suite(lambda: SimulatedLink.open(broker), restart)

    context = copy_context()
    context.run(PROCESS.set, Machine("tester", "tester"))
    task = network.loop.create_task(run(), context=context)
    network.loop.run(task.done, until=60.0)
    task.result()


def test_asyncio_is_left_as_it_was() -> None:
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()
