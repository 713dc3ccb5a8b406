"""Sealed texts, and what happens when their keys are destroyed."""

import os
from pathlib import Path

import pytest

from waybill.key_files import KEY_BYTES
from waybill.sealing import SealingError, Seals


def add_key(folder: Path, name: str) -> Path:
    path = folder / f"{name}.key"
    path.write_text(os.urandom(KEY_BYTES).hex())
    return path


def test_a_text_is_unsealed_after_newer_keys_were_added(tmp_path: Path) -> None:
    add_key(tmp_path, "1")
    sealed = Seals(tmp_path).seal("tok_1", b"order")
    add_key(tmp_path, "2")
    assert "tok_1" not in sealed
    assert Seals(tmp_path).unseal(sealed, b"order") == "tok_1"
    assert Seals(tmp_path).seal("tok_1", b"order").startswith("sealed.v1.2.")


def test_nobody_can_unseal_when_the_key_is_destroyed(tmp_path: Path) -> None:
    key = add_key(tmp_path, "1")
    seals = Seals(tmp_path)
    sealed = seals.seal("tok_1", b"order")
    add_key(tmp_path, "2")
    key.unlink()
    with pytest.raises(SealingError, match="key 1 is not in"):
        seals.unseal(sealed, b"order")


@pytest.mark.parametrize("change", [lambda sealed: sealed[:-8], lambda sealed: sealed + "AAAA"])
def test_a_changed_text_is_refused(tmp_path: Path, change: object) -> None:
    assert callable(change)
    add_key(tmp_path, "1")
    seals = Seals(tmp_path)
    with pytest.raises(SealingError, match="changed"):
        seals.unseal(change(seals.seal("tok_1", b"order")), b"order")


def test_a_text_cannot_be_used_for_another_subject(tmp_path: Path) -> None:
    add_key(tmp_path, "1")
    seals = Seals(tmp_path)
    with pytest.raises(SealingError, match="something else"):
        seals.unseal(seals.seal("tok_1", b"order"), b"other")


def test_the_same_text_is_never_sealed_the_same(tmp_path: Path) -> None:
    add_key(tmp_path, "1")
    seals = Seals(tmp_path)
    assert seals.seal("tok_1", b"order") != seals.seal("tok_1", b"order")


@pytest.mark.parametrize("content", [None, "", "abc", "zz" * KEY_BYTES])
def test_a_folder_without_a_usable_key_is_reported(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "1.key").write_text(content)
    with pytest.raises(SealingError, match=r"no \.key file|1\.key needs 64"):
        Seals(tmp_path).seal("tok_1", b"order")


def test_a_text_of_an_earlier_release_is_returned_as_it_is(tmp_path: Path) -> None:
    assert Seals(tmp_path).unseal("tok_1", b"order") == "tok_1"
