"""Logs of the embedded broker, with batches as the relay makes them."""

import pytest

from waybill.record_batches import RecordBatch
from waybill_toolkit.broker.logs import CorruptBatchError, Log


def batch(*values: bytes) -> bytes:
    made = RecordBatch()
    for position, value in enumerate(values):
        made.append(position, b"key", value, [], 0)
    return made.encode()


def first_offsets(records: bytes, *batches: bytes) -> list[int]:
    """Tell the offset that each batch was stored with; nothing else in it may have changed."""
    found = []
    for each in batches:
        stored, records = records[: len(each)], records[len(each) :]
        assert stored[8:] == each[8:]
        found.append(int.from_bytes(stored[:8], "big"))
    assert not records
    return found


def test_batches_get_the_offsets_after_those_that_are_there() -> None:
    log = Log()
    one, three = batch(b"a"), batch(b"b", b"c", b"d")
    assert [log.append(one), log.append(three + one), log.end] == [0, 1, 5]
    assert first_offsets(log.read(0, 10_000), one, three, one) == [0, 1, 4]


def test_reading_begins_with_the_batch_that_holds_the_offset() -> None:
    log = Log()
    one, three = batch(b"a"), batch(b"b", b"c", b"d")
    log.append(one)
    log.append(three)
    assert first_offsets(log.read(3, 10_000), three) == [1]
    assert log.read(4, 10_000) == b""


def test_a_batch_that_is_too_large_comes_alone() -> None:
    log = Log()
    large, small = batch(b"x" * 1000), batch(b"a")
    log.append(large)
    log.append(small)
    assert first_offsets(log.read(0, 10), large) == [0]
    assert first_offsets(log.read(0, len(large) + len(small) - 1), large) == [0]
    assert first_offsets(log.read(0, len(large) + len(small)), large, small) == [0, 1]


@pytest.mark.parametrize(
    "records",
    [
        b"no batch",
        batch(b"a")[:-1],
        batch(b"a") + b"rest",
        batch(b"a")[:16] + b"\1" + batch(b"a")[17:],
        batch(b"a")[:8] + b"\xff\xff\xff\xf4" + batch(b"a")[12:],
    ],
    ids=["short", "cut off", "more", "old format", "length that goes back"],
)
def test_what_is_no_batch_is_refused_and_nothing_of_it_kept(records: bytes) -> None:
    log = Log()
    with pytest.raises(CorruptBatchError):
        log.append(batch(b"good") + records)
    assert log.end == 0
