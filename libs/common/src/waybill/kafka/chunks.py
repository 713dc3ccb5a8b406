"""The chunks of records in the answers to a FetchRequest."""

from collections.abc import Iterable
from typing import Final

from waybill.kafka.errors import UnreadableBatchError, raise_for
from waybill.kafka.log_requests import Fetched
from waybill.kafka.partitions import ByTopic, Chunk, Partition
from waybill.kafka.record_batches import read_records

_OFFSET_OUT_OF_RANGE: Final = 1


def chunks_of(
    answers: Iterable[Fetched], offsets: ByTopic[int], records_max: int
) -> dict[Partition, Chunk | None]:
    """Decode at most `records_max` records; None for a log that does not have the offset.

    Raises BrokerError for the error of a partition.
    """
    starts = {Partition(topic, number): at for topic, wanted in offsets for number, at in wanted}
    chunks: dict[Partition, Chunk | None] = {}
    for topic, number, error, batches in answers:
        partition = Partition(topic, number)
        if error == _OFFSET_OUT_OF_RANGE:
            chunks[partition] = None
            continue
        raise_for(error, partition)
        if batches and records_max:
            chunks[partition] = chunk = _chunk(partition, batches, starts[partition], records_max)
            records_max -= len(chunk.records)
    return chunks


def _chunk(partition: Partition, batches: bytes, start: int, records_max: int) -> Chunk:
    try:
        records, end = read_records(*partition, batches, start, records_max)
    except UnreadableBatchError as error:
        return Chunk(start, error.next_offset, [], error)
    return Chunk(start, end, records)
