"""Log files are followed, and rotated when they are too large."""

from pathlib import Path

from waybill_toolkit.platform.log_files import Follower, last_lines, shorten


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
