"""Texts that are encrypted with the key of a person, for one column of one row."""

import secrets
from pathlib import Path

import pytest

from waybill.data_keys import DataKey, FolderWrapper, Place, is_sealed
from waybill.key_files import KEY_BYTES, SealingError
from waybill.sealing import Seals

EMAIL = Place("users", "email")
KEY = DataKey("identity", "ann", bytes(range(KEY_BYTES)))


def _wrapper(folder: Path, service: str = "identity") -> FolderWrapper:
    return FolderWrapper(service, Seals(folder))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "20260101T000000Z.key").write_text(secrets.token_hex(KEY_BYTES))
    return tmp_path


def test_a_text_is_decrypted_where_it_was_encrypted() -> None:
    sealed = KEY.seal("ann@example.com", EMAIL, 1)
    assert is_sealed(sealed)
    assert "ann" not in sealed
    assert KEY.unseal(sealed, EMAIL, 1) == "ann@example.com"


def test_a_text_is_encrypted_otherwise_each_time() -> None:
    assert KEY.seal("a", EMAIL, 1) != KEY.seal("a", EMAIL, 1)


@pytest.mark.parametrize(
    ("key", "place", "row"),
    [
        (DataKey("orders", "ann", KEY.key), EMAIL, 1),
        (DataKey("identity", "ann", bytes(KEY_BYTES)), EMAIL, 1),
        (KEY, Place("orders", "email"), 1),
        (KEY, Place("users", "name"), 1),
        (KEY, EMAIL, 2),
    ],
    ids=["service", "key", "table", "column", "row"],
)
def test_a_text_cannot_be_decrypted_elsewhere(key: DataKey, place: Place, row: int) -> None:
    with pytest.raises(SealingError, match="another"):
        key.unseal(KEY.seal("ann@example.com", EMAIL, 1), place, row)


@pytest.mark.parametrize("sealed", ["", "ann@example.com", "sealed.v1.a.b"])
def test_a_text_that_is_not_encrypted_is_refused(sealed: str) -> None:
    with pytest.raises(SealingError, match="of 1 is not encrypted"):
        KEY.unseal(sealed, EMAIL, 1)


@pytest.mark.parametrize("sealed", ["personal.v1.", "personal.v1.!", "personal.v1.AAAA"])
def test_a_damaged_text_is_refused(sealed: str) -> None:
    with pytest.raises(SealingError, match="changed"):
        KEY.unseal(sealed, EMAIL, 1)


def test_a_key_is_not_shown() -> None:
    assert repr(KEY) == "DataKey(service='identity', subject='ann')"


def test_a_key_is_unwrapped_for_its_subject(folder: Path) -> None:
    wrapped = _wrapper(folder).wrap(KEY.key, "ann")
    assert wrapped.wrapped_by == _wrapper(folder).newest() == "20260101T000000Z"
    assert _wrapper(folder).unwrap(wrapped.cipher, "ann") == KEY.key


@pytest.mark.parametrize(("service", "subject"), [("identity", "bob"), ("orders", "ann")])
def test_a_key_is_not_unwrapped_for_another_subject_or_service(
    folder: Path, service: str, subject: str
) -> None:
    wrapped = _wrapper(folder).wrap(KEY.key, "ann")
    with pytest.raises(SealingError, match="something else"):
        _wrapper(folder, service).unwrap(wrapped.cipher, subject)
