"""The embedded broker's journal of offsets."""

from pathlib import Path

import pytest

from waybill_toolkit.platform.embedded_broker.offsets import Offsets

from .conftest import file_size_limit


def test_offsets_and_notes_are_there_after_a_restart(tmp_path: Path) -> None:
    offsets = Offsets(tmp_path / "offsets")
    offsets.commit("orders", {("fruit", 0): (3, "note"), ("fruit", 1): (5, "")})
    offsets.commit("stock", {("fruit", 0): (1, "")})
    offsets.commit("orders", {("fruit", 0): (4, "newer")})
    for each in (offsets, Offsets(tmp_path / "offsets"), Offsets(tmp_path / "offsets")):
        assert each.of("orders") == {("fruit", 0): (4, "newer"), ("fruit", 1): (5, "")}
        assert each.of("stock") == {("fruit", 0): (1, "")}
        assert each.of("nobody") == {}


def test_a_line_that_was_half_written_spoils_neither_those_before_nor_those_after(
    tmp_path: Path,
) -> None:
    path = tmp_path / "offsets"
    offsets = Offsets(path)
    offsets.commit("orders", {("fruit", 0): (3, "")})
    with path.open("ab") as journal:
        journal.write(b'\n["orders","fru')
    offsets.commit("stock", {("fruit", 0): (1, "")})
    again = Offsets(path)
    assert again.of("orders") == {("fruit", 0): (3, "")}
    assert again.of("stock") == {("fruit", 0): (1, "")}


def test_a_flipped_bit_in_an_offset_loses_the_commit_instead_of_skipping_records(
    tmp_path: Path,
) -> None:
    path = tmp_path / "offsets"
    offsets = Offsets(path)
    offsets.commit("orders", {("fruit", 0): (3, ""), ("fruit", 1): (3, "")})
    path.write_bytes(path.read_bytes().replace(b'"fruit",0,3', b'"fruit",0,7'))
    assert Offsets(path).of("orders") == {("fruit", 1): (3, "")}


def test_a_commit_that_finds_no_room_is_refused_and_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "offsets"
    offsets = Offsets(path)
    offsets.commit("orders", {("fruit", 0): (3, "")})
    limit = path.stat().st_size + 10
    with file_size_limit(limit), pytest.raises(OSError, match="10 of"):
        offsets.commit("orders", {("fruit", 0): (4, "")})
    offsets.commit("stock", {("fruit", 0): (1, "")})
    for each in (offsets, Offsets(path)):
        assert each.of("orders") == {("fruit", 0): (3, "")}
        assert each.of("stock") == {("fruit", 0): (1, "")}


def test_the_journal_does_not_grow_with_the_number_of_commits(tmp_path: Path) -> None:
    path = tmp_path / "offsets"
    offsets = Offsets(path)
    for offset in range(25_000):
        offsets.commit("orders", {("fruit", 0): (offset, "")})
    assert path.stat().st_size < 11_000 * len(b'["orders","fruit",0,24999,""] 12345678\n')
    assert Offsets(path).of("orders") == {("fruit", 0): (24_999, "")}
