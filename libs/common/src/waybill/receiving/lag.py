"""The lag of a consumer group: the records that it has not committed yet."""

from collections import Counter
from collections.abc import Iterable, Mapping

from waybill.kafka.link import BrokerLink
from waybill.kafka.partitions import Partition
from waybill.kafka.security import KafkaSecurity


async def read_lag(
    bootstrap_servers: str, security: KafkaSecurity, group: str, topics: Iterable[str]
) -> Mapping[str, int]:
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
    finally:
        await link.close()
    lag: Counter[str] = Counter(dict.fromkeys(states, 0))
    for each, end in ends.items():
        at = committed[each].offset if each in committed else starts[each]
        lag[each.topic] += max(0, end - at)
    return lag
