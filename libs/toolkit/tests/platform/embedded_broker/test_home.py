"""When the embedded broker keeps its data."""

from pathlib import Path

import pytest

from waybill_toolkit.platform.embedded_broker.home import (
    distrust_home,
    open_home,
    save_home,
    topics_of,
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "broker"
    open_home(folder)
    (topics_of(folder) / "fruit").mkdir()
    return folder


def has_fruit(home: Path) -> bool:
    open_home(home)
    return (topics_of(home) / "fruit").exists()


def test_data_survives_a_killed_process(home: Path) -> None:
    assert has_fruit(home)


def test_data_is_deleted_after_a_crash_of_the_machine(home: Path) -> None:
    (home / "boot").write_text("another start of the machine")
    assert not has_fruit(home)


def test_synced_data_survives_a_restart_of_the_machine(home: Path) -> None:
    save_home(home)
    assert has_fruit(home)


def test_writes_after_a_start_may_not_be_on_disk(home: Path) -> None:
    save_home(home)
    open_home(home)
    (home / "boot").write_text((home / "boot").read_text()[::-1])
    assert not has_fruit(home)


def test_data_is_deleted_on_request(home: Path) -> None:
    distrust_home(home)
    assert not has_fruit(home)


def test_synced_data_is_deleted_on_request(home: Path) -> None:
    save_home(home)
    distrust_home(home)
    assert not has_fruit(home)
