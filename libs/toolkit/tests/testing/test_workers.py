"""Files that share a platform run in one worker, and what is made once is made once."""

from pathlib import Path

import pytest

from waybill_toolkit.testing.workers import group_of, made_once


@pytest.mark.parametrize(
    ("folder", "source", "group"),
    [
        ("e2e", "def test_a(platform): ...", "platform"),
        ("docs", "async def test_a(page, platform): ...", "pages on platform"),
        ("docs", "def test_a(platform, guarded_platform): ...", "guarded_platform"),
        ("e2e", "@pytest.fixture\ndef shop(platform): ...", "platform"),
        ("e2e", "def test_a(database_url): ...", None),
        ("e2e", "def helper(platform): ...\ndef test_a(database_url): ...", None),
        ("e2e", "@fixture\ndef platform(): ...\ndef test_a(platform): ...", None),
    ],
    ids=["test", "pages", "guarded", "fixture", "none", "helper", "own"],
)
def test_a_file_is_grouped_by_the_platform_that_it_shares(
    tmp_path: Path, folder: str, source: str, group: str | None
) -> None:
    file = tmp_path / folder / "test_some.py"
    file.parent.mkdir()
    file.write_text(source)

    assert group_of(file) == group


def test_a_folder_is_made_once_and_again_when_it_was_not_completed(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> None:
    name = request.node.name
    begun: list[Path] = []

    def make(folder: Path) -> None:
        begun.append(folder)
        folder.mkdir(exist_ok=True)
        assert len(begun) > 1, "fails the first time"

    with pytest.raises(AssertionError, match="fails the first time"):
        made_once(tmp_path_factory, name, make)
    made = [made_once(tmp_path_factory, name, make) for _ in range(2)]

    assert begun == [made[0], made[0]]
    assert made == [begun[0], begun[0]]
