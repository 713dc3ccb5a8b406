"""Logs of the embedded broker, with batches like those of the relay."""

import os
from pathlib import Path
from struct import pack_into

import pytest
from aiokafka.record.util import calc_crc32c  # type: ignore[import-untyped]

from waybill.kafka.record_batches import RecordBatch
from waybill_toolkit.platform.embedded_broker.batches import CorruptBatchError
from waybill_toolkit.platform.embedded_broker.error_codes import (
    CORRUPT_MESSAGE,
    INVALID_RECORD,
    MESSAGE_TOO_LARGE,
    UNSUPPORTED_COMPRESSION_TYPE,
)
from waybill_toolkit.platform.embedded_broker.logs import (
    NEWEST_BYTES_MAX,
    Log,
    kept_topics,
    make_topic,
)
from waybill_toolkit.platform.embedded_broker.segments import INDEX_BYTES, DamagedFileError

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
    assert [log.append(one), log.append(three), log.append(one), log.end] == [0, 1, 4, 5]
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
    log.append(two)
    everything = log.read(0, 10_000_000)
    assert log.read(1, 10_000_000) == everything[len(one) :]
    assert log.read(1, len(two) - 1) == everything[len(one) :]


def changed(at: int, layout: str, value: int, *, body: bytes | None = None) -> bytes:
    """Return a batch of two records with another value in its header, and the right checksum."""
    data = bytearray(batch(b"a", b"b"))
    if body is not None:
        data[61:] = body
    pack_into(">i", data, 8, len(data) - 12)
    pack_into(layout, data, at, value)
    pack_into(">I", data, 17, calc_crc32c(data[21:]))
    return bytes(data)


ATTRIBUTES, DELTA, COUNT = 21, 23, 57
BODY = batch(b"a", b"b")[61:]
INVALID = {
    "short": (b"no batch", CORRUPT_MESSAGE),
    "cut off": (batch(b"a")[:-1], CORRUPT_MESSAGE),
    "old format": (changed(16, ">b", 1), CORRUPT_MESSAGE),
    "length that goes back": (changed(8, ">i", -12), CORRUPT_MESSAGE),
    "a flipped bit": (batch(b"a").replace(b"key", b"kex"), CORRUPT_MESSAGE),
    "no records": (changed(DELTA, ">i", -1), CORRUPT_MESSAGE),
    "more": (batch(b"a") + b"rest", INVALID_RECORD),
    "two batches": (batch(b"a") + batch(b"b"), INVALID_RECORD),
    "another count": (changed(COUNT, ">i", 1000), INVALID_RECORD),
    "a negative count": (changed(COUNT, ">i", -1), INVALID_RECORD),
    "another distance": (changed(DELTA, ">i", 1000), INVALID_RECORD),
    "records that are cut off": (changed(DELTA, ">i", 1, body=BODY[:-3]), INVALID_RECORD),
    "no record at all": (changed(DELTA, ">i", 1, body=b"\xff" * 30), INVALID_RECORD),
    "more records": (changed(DELTA, ">i", 1, body=BODY * 2), INVALID_RECORD),
    "control batch": (changed(ATTRIBUTES, ">h", 0x20), INVALID_RECORD),
    "gzip": (changed(ATTRIBUTES, ">h", 1), UNSUPPORTED_COMPRESSION_TYPE),
    "zstd": (changed(ATTRIBUTES, ">h", 4), UNSUPPORTED_COMPRESSION_TYPE),
    "unknown codec": (changed(ATTRIBUTES, ">h", 7), UNSUPPORTED_COMPRESSION_TYPE),
    "larger than Kafka accepts": (batch(b"x" * 1_048_588), MESSAGE_TOO_LARGE),
}


@pytest.mark.parametrize(("records", "code"), INVALID.values(), ids=INVALID)
def test_invalid_batch_is_refused_and_not_stored(records: bytes, code: int, tmp_path: Path) -> None:
    log = Log(tmp_path, WEEK_SECONDS)
    with pytest.raises(CorruptBatchError) as refused:
        log.append(records)
    assert refused.value.code == code
    assert log.end == 0
    assert log.read(0, 10_000) == b""


def test_records_of_any_length_are_counted(tmp_path: Path) -> None:
    log = Log(tmp_path, WEEK_SECONDS)
    sizes = [0, 1, 50, 57, 58, 100, 8_150, 8_190, 8_200, 300_000]
    assert log.append(batch(*[b"x" * size for size in sizes])) == 0
    assert log.end == len(sizes)


@pytest.mark.parametrize("at", [3, 8, 9, 10, 11, 16, 17, 30, 60, 65, -1], ids="byte {}".format)
@pytest.mark.parametrize("which", [0, 1, 2], ids=["first", "middle", "last"])
def test_a_flipped_bit_is_found_at_the_start(tmp_path: Path, which: int, at: int) -> None:
    """Wherever it is: at byte 8 to 11 the length is wrong, and the rest looks half written."""
    log = Log(tmp_path, WEEK_SECONDS)
    for _ in range(3):
        log.append(batch(b"x" * 100))
    flip_bit(next(tmp_path.iterdir()), which, at)
    with pytest.raises(DamagedFileError, match=f"{tmp_path}"):
        Log(tmp_path, WEEK_SECONDS)


def test_a_flipped_bit_is_found_when_it_is_read(tmp_path: Path) -> None:
    log = Log(tmp_path, WEEK_SECONDS)
    for _ in range(3):
        log.append(batch(b"a"))
    flip_bit(next(tmp_path.iterdir()), 1, -1)
    assert first_offsets(log.read(0, 1), batch(b"a")) == [0]
    for offset in (0, 1):
        with pytest.raises(DamagedFileError):
            log.read(offset, 10_000)
    assert first_offsets(log.read(2, 10_000), batch(b"a")) == [2]


@pytest.mark.parametrize("damage", ["flipped bit", "cut off"])
def test_damage_of_an_older_file_is_found_when_it_is_read(tmp_path: Path, damage: str) -> None:
    log = Log(tmp_path, WEEK_SECONDS, segment_bytes=1)
    for _ in range(3):
        log.append(batch(b"a"))
    oldest = min(tmp_path.iterdir())
    if damage == "cut off":
        os.truncate(oldest, 70)
    else:
        flip_bit(oldest, 0, -1)
    again = Log(tmp_path, WEEK_SECONDS, segment_bytes=1)
    with pytest.raises(DamagedFileError):
        again.read(0, 10_000)
    assert first_offsets(again.read(1, 10_000), batch(b"a")) == [1]


def flip_bit(file: Path, which: int, at: int) -> None:
    """Flip a bit of one of the batches in a file, which have the same size."""
    data = bytearray(file.read_bytes())
    size = 12 + int.from_bytes(data[8:12], "big")
    data[which * size + at % size] ^= 4
    file.write_bytes(data)


def test_a_damaged_topic_is_set_aside_and_the_others_are_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home = tmp_path / "topics"
    home.mkdir()
    for name in ("fruit", "nuts"):
        make_topic(home, name, 2, WEEK_SECONDS).logs[1].append(batch(b"a"))
    [file] = home.glob("fruit/*/1/*.log")
    flip_bit(file, 0, 70)
    assert list(kept_topics(home)) == ["nuts"]
    [aside] = (tmp_path / "damaged").iterdir()
    assert aside.name.startswith("fruit.")
    assert f"its files are now in {aside}" in caplog.text
    assert make_topic(home, "fruit", 2, WEEK_SECONDS).logs[1].end == 0


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
