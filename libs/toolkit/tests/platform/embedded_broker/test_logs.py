"""Logs of the embedded broker, with batches like those of the relay."""

import os
from pathlib import Path

import pytest

from waybill.kafka.record_batches import RecordBatch
from waybill_toolkit.platform.embedded_broker.logs import (
    NEWEST_BYTES_MAX,
    Log,
    kept_topics,
    make_topic,
)
from waybill_toolkit.platform.embedded_broker.segments import INDEX_BYTES, CorruptBatchError

from .conftest import file_size_limit

WEEK_SECONDS = 7 * 24 * 3600.0


def batch(*values: bytes) -> bytes:
    made = RecordBatch()
    for position, value in enumerate(values):
        made.append(position, b"key", value, [], 0)
    return made.encode()


def first_offsets(records: bytes, *batches: bytes) -> list[int]:
    """Return the stored offset of each batch; the rest of a batch must be unchanged."""
    found = []
    for each in batches:
        stored, records = records[: len(each)], records[len(each) :]
        assert stored[8:] == each[8:]
        found.append(int.from_bytes(stored[:8], "big"))
    assert not records
    return found


def test_batches_get_the_offsets_after_those_that_are_there(tmp_path: Path) -> None:
    log = Log(tmp_path, WEEK_SECONDS)
    one, three = batch(b"a"), batch(b"b", b"c", b"d")
    assert [log.append(one), log.append(three + one), log.end] == [0, 1, 5]
    assert first_offsets(log.read(0, 10_000), one, three, one) == [0, 1, 4]


def test_reading_begins_with_the_batch_that_holds_the_offset(tmp_path: Path) -> None:
    log = Log(tmp_path, WEEK_SECONDS)
    one, three = batch(b"a"), batch(b"b", b"c", b"d")
    log.append(one)
    log.append(three)
    assert first_offsets(log.read(3, 10_000), three) == [1]
    assert log.read(4, 10_000) == b""


def test_a_batch_that_is_too_large_comes_alone(tmp_path: Path) -> None:
    log = Log(tmp_path, WEEK_SECONDS)
    large, small = batch(b"x" * 1000), batch(b"a")
    log.append(large)
    log.append(small)
    assert first_offsets(log.read(0, 10), large) == [0]
    assert first_offsets(log.read(0, len(large) + len(small) - 1), large) == [0]
    assert first_offsets(log.read(0, len(large) + len(small)), large, small) == [0, 1]


@pytest.mark.parametrize("size", [10, NEWEST_BYTES_MAX], ids=["small", "large"])
def test_the_newest_append_is_read_like_earlier_ones(tmp_path: Path, size: int) -> None:
    log = Log(tmp_path, WEEK_SECONDS)
    one, two = batch(b"a" * size), batch(b"b" * size)
    log.append(one)
    log.append(two + one)
    everything = log.read(0, 10_000_000)
    assert log.read(1, 10_000_000) == everything[len(one) :]
    assert log.read(1, len(two)) == everything[len(one) :][: len(two)]
    assert log.read(2, 10_000_000) == everything[len(one) + len(two) :]


@pytest.mark.parametrize(
    "records",
    [
        b"no batch",
        batch(b"a")[:-1],
        batch(b"a") + b"rest",
        batch(b"a")[:16] + b"\1" + batch(b"a")[17:],
        batch(b"a")[:8] + b"\xff\xff\xff\xf4" + batch(b"a")[12:],
        batch(b"a")[:23] + b"\xff\xff\xff\xff" + batch(b"a")[27:],
    ],
    ids=["short", "cut off", "more", "old format", "length that goes back", "no records"],
)
def test_invalid_batch_is_refused_and_not_stored(records: bytes, tmp_path: Path) -> None:
    log = Log(tmp_path, WEEK_SECONDS)
    with pytest.raises(CorruptBatchError):
        log.append(batch(b"good") + records)
    assert log.end == 0
    assert log.read(0, 10_000) == b""


def test_log_continues_after_its_process_was_killed(tmp_path: Path) -> None:
    one, three = batch(b"a"), batch(b"b", b"c", b"d")
    log = Log(tmp_path, WEEK_SECONDS)
    log.append(one)
    log.append(three)
    again = Log(tmp_path, WEEK_SECONDS)
    assert again.end == 4
    assert again.append(one) == 4
    assert first_offsets(again.read(0, 10_000), one, three, one) == [0, 1, 4]


@pytest.mark.parametrize("rest", [1, 30, 61, 70], ids=lambda rest: f"{rest} bytes of it")
def test_a_batch_that_was_half_written_is_cut_off(tmp_path: Path, rest: int) -> None:
    one, three = batch(b"a"), batch(b"b", b"c", b"d")
    log = Log(tmp_path, WEEK_SECONDS)
    log.append(one)
    log.append(three)
    [file] = tmp_path.iterdir()
    os.truncate(file, len(one) + rest)
    again = Log(tmp_path, WEEK_SECONDS)
    assert again.end == 1
    assert again.append(three) == 1
    assert first_offsets(again.read(0, 10_000), one, three) == [0, 1]


def test_every_record_is_found_in_many_files_by_the_writer_and_after_a_restart(
    tmp_path: Path,
) -> None:
    segment_bytes = 4 * INDEX_BYTES
    log = Log(tmp_path, WEEK_SECONDS, segment_bytes)
    values = [b"%d" % number * (1 + number % 50) for number in range(3000)]
    for begin in range(0, len(values), 3):
        log.append(batch(*values[begin : begin + 3]))
    assert len(list(tmp_path.iterdir())) > 3
    for reader in (log, Log(tmp_path, WEEK_SECONDS, segment_bytes)):
        for offset in (*range(0, 3000, 7), 2999):
            found = reader.read(offset, 1)
            first = offset - offset % 3
            assert first_offsets(found, batch(*values[first : first + 3])) == [first]
    assert Log(tmp_path, WEEK_SECONDS, segment_bytes).end == 3000


def test_batch_larger_than_the_read_buffer_is_found(tmp_path: Path) -> None:
    log = Log(tmp_path, WEEK_SECONDS)
    small, large = batch(b"a"), batch(b"x" * 20 * INDEX_BYTES)
    for each in (small, large, small):
        log.append(each)
    assert first_offsets(log.read(1, 10), large) == [1]
    assert first_offsets(log.read(2, 10), small) == [2]


def test_files_that_were_last_written_before_the_retention_go_and_the_log_begins_later(
    tmp_path: Path,
) -> None:
    one = batch(b"x" * 100)
    log = Log(tmp_path, WEEK_SECONDS, segment_bytes=1)
    for _ in range(3):
        log.append(one)
    for file in sorted(tmp_path.iterdir())[:2]:
        written = file.stat().st_mtime - WEEK_SECONDS - 60
        os.utime(file, (written, written))
    log.append(one)
    assert (log.start, log.end) == (2, 4)
    assert first_offsets(log.read(2, 1000), one) == [2]
    assert Log(tmp_path, WEEK_SECONDS, 1).start == 2


def test_the_file_that_is_written_stays_however_short_the_retention(tmp_path: Path) -> None:
    log = Log(tmp_path, retention_seconds=0, segment_bytes=1)
    for _ in range(3):
        log.append(batch(b"a"))
    assert (log.start, log.end) == (2, 3)


def test_append_on_a_full_disk_leaves_no_data(tmp_path: Path) -> None:
    log = Log(tmp_path, WEEK_SECONDS)
    small, large = batch(b"a"), batch(b"x" * 100_000)
    log.append(small)
    with file_size_limit(50_000), pytest.raises(OSError, match="could be written"):
        log.append(large)
    assert log.append(small) == 1
    assert first_offsets(log.read(0, 10_000), small, small) == [0, 1]
    assert Log(tmp_path, WEEK_SECONDS).end == 2


def test_complete_topics_are_restored_with_their_ids(
    tmp_path: Path,
) -> None:
    made = make_topic(tmp_path, "fruit", 11, WEEK_SECONDS)
    made.logs[10].append(batch(b"pear"))
    (tmp_path / "~nuts" / "b6cf5b29-0d0e-4d3e-9c9a-3b0d7a0a4c11" / "0").mkdir(parents=True)
    kept = kept_topics(tmp_path)
    assert list(kept) == ["fruit"]
    assert kept["fruit"].id == made.id
    assert [log.end for log in kept["fruit"].logs] == [0] * 10 + [1]
    assert make_topic(tmp_path, "nuts", 1, WEEK_SECONDS).logs[0].end == 0
