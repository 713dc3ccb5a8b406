"""The commands of docs/install.md are found, and a page that says something else is noticed."""

from pathlib import Path

import pytest
from tests.cluster.binaries import BuildError
from tests.cluster.clients import fetched
from tests.cluster.installed.page import (
    OWN_SERVERS,
    PAGE,
    REMOVAL,
    TRIAL,
    CommandFailedError,
    Commands,
    File,
    Reader,
    section,
    steps,
)


def test_every_block_of_the_page_is_carried_out() -> None:
    followed = [
        step for title in (*TRIAL, REMOVAL, *OWN_SERVERS[:1]) for step in steps(section(title))
    ]
    text = PAGE.read_text("utf-8")
    assert sum(isinstance(step, Commands) for step in followed) == text.count("\n```bash\n")
    assert [step.name for step in followed if isinstance(step, File)] == ["my-values.yaml"]


def test_a_section_ends_at_the_next_heading_and_not_at_a_comment() -> None:
    page = "# One\n```bash\n# a comment\ntrue\n```\n## Two\ntext\n"
    assert section("One", page).strip() == "```bash\n# a comment\ntrue\n```"
    assert section("Two", page).strip() == "text"
    with pytest.raises(AssertionError, match="0 headings 'Three'"):
        section("Three", page)


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    try:
        fetched("kubectl")
    except (BuildError, OSError) as error:
        pytest.skip(f"needs kubectl, which is downloaded once: {error}")
    return Reader(tmp_path, tmp_path / "kubeconfig")


def test_a_text_that_the_page_does_not_have_is_noticed(reader: Reader) -> None:
    with pytest.raises(AssertionError, match="does not have 'nothing of the kind'"):
        reader.follow([REMOVAL], {"nothing of the kind": ""})


def test_a_command_that_fails_is_noticed_with_what_it_shows(reader: Reader) -> None:
    with pytest.raises(CommandFailedError, match=r"(?s)helm.*ended with 3:\nno cluster"):
        reader.follow([REMOVAL], {"helm -n shop": "echo no cluster; exit 3; helm"})
