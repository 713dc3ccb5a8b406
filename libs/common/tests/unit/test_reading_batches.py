"""Records are read from the batches that a fetch returns."""

import pytest

from waybill.kafka.errors import UnreadableBatchError
from waybill.kafka.record_batches import RecordBatch, read_records


def _batches(*sizes: int) -> bytes:
    """Encode batches with so many records each; the value of a record is its offset."""
    encoded = b""
    first = 0
    for size in sizes:
        batch = RecordBatch()
        for number in range(first, first + size):
            batch.append(number, b"key", b"%d" % number, [("name", b"text")], 0)
        data = batch.encode()
        encoded += first.to_bytes(8, "big") + data[8:]  # the broker sets the first offset
        first += size
    return encoded


def _values(data: bytes, start: int, records_max: int) -> tuple[list[bytes | None], int]:
    records, end = read_records("topic", 3, data, start, records_max)
    assert all((each.topic, each.partition) == ("topic", 3) for each in records)
    assert [b"%d" % each.offset for each in records] == [each.value for each in records]
    return [each.value for each in records], end


def test_all_records_are_read() -> None:
    assert _values(_batches(2, 1), 0, 500) == ([b"0", b"1", b"2"], 3)


def test_reading_begins_in_the_middle_of_a_batch() -> None:
    assert _values(_batches(3, 1), 2, 500) == ([b"2", b"3"], 4)


def test_reading_continues_where_it_stopped_when_there_are_more_records_than_wanted() -> None:
    data = _batches(3, 2)
    assert _values(data, 0, 2) == ([b"0", b"1"], 2)
    assert _values(data, 2, 2) == ([b"2", b"3"], 4)


def test_a_batch_that_was_cut_at_the_end_of_the_response_is_left_for_the_next_one() -> None:
    data = _batches(1, 1)
    assert _values(data[:-1], 0, 500) == ([b"0"], 1)


def test_a_flipped_bit_is_noticed() -> None:
    data = bytearray(_batches(1))
    data[-1] ^= 1
    with pytest.raises(UnreadableBatchError, match="topic/3: the checksum of a batch is wrong"):
        read_records("topic", 3, bytes(data), 0, 500)
