"""Records are read from the batches that a fetch returns."""

import gzip
import struct
from collections.abc import Callable

import pytest
from aiokafka.record.util import calc_crc32c  # type: ignore[import-untyped]

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


def _with(data: bytes, at: int, layout: str, value: int) -> bytes:
    """Change a field of a batch, and make its checksum right again."""
    changed = bytearray(data)
    struct.pack_into(layout, changed, at, value)
    return _checked(bytes(changed))


def _checked(data: bytes) -> bytes:
    length = (len(data) - 12).to_bytes(4, "big")
    checksum: int = calc_crc32c(data[21:])
    return data[:8] + length + data[12:17] + checksum.to_bytes(4, "big") + data[21:]


def _compressed(body: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    return lambda data: _with(data[:61] + body(gzip.compress(data[61:])), ATTRIBUTES, ">h", GZIP)


_START_ONLY = (2).to_bytes(8, "big") + (8).to_bytes(4, "big")
ATTRIBUTES, DELTA, COUNT = 21, 23, 57
GZIP = 1
DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "a flipped bit": lambda data: data[:-1] + bytes([data[-1] ^ 1]),
    "too many records": lambda data: _with(data, COUNT, ">i", 1000),
    "too few records": lambda data: _with(data, COUNT, ">i", 1),
    "a negative count": lambda data: _with(data, COUNT, ">i", -1),
    "no records at all": lambda data: _checked(data[:61] + b"\xff" * (len(data) - 61)),
    "an unknown codec": lambda data: _with(data, ATTRIBUTES, ">h", 7),
    "a codec that is not installed": lambda data: _with(data, ATTRIBUTES, ">h", 4),
    "not the codec it names": lambda data: _with(data, ATTRIBUTES, ">h", GZIP),
    "gzip cut short": _compressed(lambda body: body[:-12]),
    "gzip with other bytes": _compressed(lambda body: body[:12] + b"\xff" * 18 + body[30:]),
    "a header that is no text": lambda data: _checked(data.replace(b"name", b"\xff\xff\xff\xff")),
    "cut short": lambda data: _checked(data[:-3]),
    "an old format": lambda data: data[:16] + b"\1" + data[17:],
    "only its start": lambda data: _START_ONLY + data[12:20],
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_batch_that_cannot_be_decoded_is_reported_whole_after_what_comes_before_it(
    damage: Callable[[bytes], bytes],
) -> None:
    data = _batches(2, 3, 1)
    size = len(_batches(2))
    after = size + int.from_bytes(data[size + 8 : size + 12], "big") + 12
    bad = damage(data[size:after])
    damaged = data[:size] + bad + data[after:]
    assert _values(damaged, 0, 500) == ([b"0", b"1"], 2)
    with pytest.raises(UnreadableBatchError, match="topic/3: the batch at offsets 2 to") as raised:
        read_records("topic", 3, damaged[size:], 2, 500)
    assert (raised.value.first, raised.value.next_offset) == (2, 5)
    assert raised.value.last >= 4 or bad[:12] == _START_ONLY
    assert raised.value.data == bad
    assert _values(damaged[size + len(bad) :], 5, 500) == ([b"5"], 6)


def _damaged(data: bytes, at: int, bit: int) -> UnreadableBatchError:
    changed = data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]
    with pytest.raises(UnreadableBatchError) as raised:
        read_records("topic", 3, changed, 0, 500)
    return raised.value


def test_the_last_batch_ends_where_its_two_counts_say_and_else_is_left_step_by_step() -> None:
    assert _damaged(_batches(3), -1, 1).next_offset == 3
    for at in (DELTA, DELTA + 3, COUNT, COUNT + 3):
        wrong = _damaged(_batches(3), at, 0b100)
        assert wrong.next_offset == 1, "an end that may be wrong would skip other batches"
        assert wrong.last >= 2


def test_a_batch_before_the_offset_is_reported_instead_of_read_for_ever() -> None:
    with pytest.raises(UnreadableBatchError, match="it ends before offset 7"):
        read_records("topic", 3, _batches(3), 7, 500)
