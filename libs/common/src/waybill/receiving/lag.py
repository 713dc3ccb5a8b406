"""The lag of a consumer group: the records that it has not committed yet, and their age."""

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Final

from waybill.events import PermanentError, decode_headers
from waybill.kafka.link import BrokerLink
from waybill.kafka.partitions import Partition, TopicState, by_leader
from waybill.kafka.security import KafkaSecurity
from waybill.receiving.metrics import Lag

_READ_WAIT_MS: Final = 100
"""For the first record, which is there: the lag says so."""


async def read_lag(
    bootstrap_servers: str, security: KafkaSecurity, group: str, topics: Iterable[str]
) -> Lag:
    """Return the lag in each topic that exists. Raises BrokerError, KafkaError, OSError."""
    link = await BrokerLink.open(bootstrap_servers, security)
    try:
        states = await link.topics(topics)
        partitions = [
            Partition(topic, number)
            for topic, state in states.items()
            for number in range(len(state.leaders))
        ]
        ends = await link.end_offsets(partitions, states)
        committed = await link.committed(group, partitions)
        starts = await link.start_offsets([each for each in ends if each not in committed], states)
        at = {each: committed[each].offset if each in committed else starts[each] for each in ends}
        behind = {each: at[each] for each, end in ends.items() if at[each] < end}
        times = await _times(link, behind, states) if behind else {}
    finally:
        await link.close()
    records: Counter[str] = Counter(dict.fromkeys(states, 0))
    for each, offset in behind.items():
        records[each.topic] += ends[each] - offset
    seconds = dict.fromkeys(states, 0.0)
    now = time.time()
    for each, sent in times.items():
        seconds[each.topic] = max(seconds[each.topic], now - sent)
    return Lag(records, seconds)


async def _times(
    link: BrokerLink, offsets: Mapping[Partition, int], states: Mapping[str, TopicState]
) -> dict[Partition, float]:
    """Return when the event at each offset was sent, where its record can be read.

    One batch of each partition is fetched: the first one that has the offset.
    """
    found: dict[Partition, float] = {}
    for partition, offset in offsets.items():
        [(node, wanted)] = by_leader({partition: offset}, states).items()
        chunk = (await link.fetch(node, wanted, _READ_WAIT_MS, 1, bytes_max=1))[partition]
        for record in chunk.records if chunk else ():
            with suppress(PermanentError):  # what is no event has no time; the consumer parks it
                found[partition] = decode_headers(record.headers).time.timestamp()
    return found
