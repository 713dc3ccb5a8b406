"""Log files are followed, and rotated when they are too large."""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from waybill_toolkit.platform import log_files
from waybill_toolkit.platform.log_files import Follower, keep_small, last_lines, shorten
from waybill_toolkit.platform.supervisor import say
from waybill_toolkit.testing.eventually import eventually


def _append(log: Path, text: str) -> None:
    with log.open("a") as file:
        file.write(text)


def test_follower_waits_for_the_file_and_for_whole_lines(tmp_path: Path) -> None:
    log = tmp_path / "pear.log"
    follower = Follower(log, from_end=True)
    assert follower.read() == []
    _append(log, "one\ntw")
    assert follower.read() == ["one"]
    _append(log, "o\n")
    assert follower.read() == ["two"]


def test_follower_continues_after_a_rotation(tmp_path: Path) -> None:
    log = tmp_path / "pear.log"
    _append(log, "a long line\n")
    follower = Follower(log, from_end=True)
    shorten(log)
    _append(log, "new\n")
    assert follower.read() == ["new"]
    assert (tmp_path / "pear.log.1").read_text() == "a long line\n"


def test_last_lines_are_the_last(tmp_path: Path) -> None:
    log = tmp_path / "pear.log"
    assert last_lines(log, 2) == []
    _append(log, "one\ntwo\nthree\n")
    assert last_lines(log, 2) == ["two", "three"]
    assert last_lines(log, 0) == []


async def test_a_log_is_rotated_later_when_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_files, "FILE_BYTES_MAX", 1)
    monkeypatch.setattr(log_files, "_LOOK_SECONDS", 0.01)
    log = tmp_path / "pear.log"
    _append(log, "a long line\n")
    rotated = log.with_suffix(".log.1")
    rotated.mkdir()  # so that copying fails, as on a full disk
    attempts = []

    def shorten_and_count(log: Path) -> None:
        attempts.append(log)
        shorten(log)

    monkeypatch.setattr(log_files, "shorten", shorten_and_count)

    async def attempt_count() -> int:
        return len(attempts)

    async def is_rotated() -> bool:
        return rotated.is_file()

    async with asyncio.TaskGroup() as tasks:
        keeping = tasks.create_task(keep_small(tmp_path))
        await eventually("a second attempt", attempt_count, lambda count: count > 1)
        rotated.rmdir()
        await eventually("the rotated log", is_rotated, bool)
        keeping.cancel()
    assert log.read_text() == ""


def test_the_supervisor_goes_on_when_its_log_is_on_a_full_disk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    full = Path("/dev/full").open("w")  # noqa: SIM115 - closing it fails, too
    monkeypatch.setattr(sys, "stdout", full)
    say("everything is ready")
    with suppress(OSError):
        full.close()
