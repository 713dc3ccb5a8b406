"""What the embedded broker believes of its folder."""

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


def test_all_stays_when_the_process_was_killed(home: Path) -> None:
    assert has_fruit(home)


def test_all_is_dropped_when_the_machine_has_crashed(home: Path) -> None:
    (home / "boot").write_text("another start of the machine")
    assert not has_fruit(home)


def test_all_stays_when_it_was_on_the_disk_before_the_machine_was_switched_off(home: Path) -> None:
    save_home(home)
    assert has_fruit(home)


def test_writes_after_a_start_may_not_be_on_disk(home: Path) -> None:
    save_home(home)
    open_home(home)
    (home / "boot").write_text((home / "boot").read_text()[::-1])
    assert not has_fruit(home)


def test_all_is_dropped_when_that_was_asked_for(home: Path) -> None:
    distrust_home(home)
    assert not has_fruit(home)


def test_all_is_dropped_when_that_was_asked_for_though_it_was_on_the_disk(home: Path) -> None:
    save_home(home)
    distrust_home(home)
    assert not has_fruit(home)
