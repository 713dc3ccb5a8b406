"""What `make test` leaves out until a variable is set, CI runs with this variable."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from textwrap import dedent
from typing import Final

import pytest
from tests.house.ci_targets import (
    SCRIPT,
    WORKFLOWS,
    Command,
    command_of_tests,
    commands_of_tests,
    targets_of_ci,
    targets_of_script,
    targets_of_workflow,
)
from tests.house.switches import Tree

ROOT: Final = Path(__file__).parents[2]

NO_SWITCHES: Final[Mapping[str, str]] = {
    "WAYBILL_CACHE": "a folder for programs that are built once",
    "WAYBILL_IMAGE": "an image that exists already",
    "WAYBILL_SAVE_IMAGE": "a file to keep the image in",
    "WAYBILL_TEST_POSTGRES": "a version of PostgreSQL; without it, the tests run on another one",
    "WAYBILL_WRITE_PICTURES": "keeps the pictures of dashboards that are drawn anyway",
    "WAYBILL_WRITE_TABLE": "writes a page of the documentation that is compared otherwise",
}
"""Variables that leave out no test, each with what it is."""


@pytest.fixture(scope="module")
def files_by_variable() -> dict[str, set[Path]]:
    """The test files of this tree that depend on each variable."""
    return Tree(ROOT).files_by_variable()


def left_out(
    root: Path, files_by_variable: Mapping[str, set[Path]], commands: Iterable[Command]
) -> Iterator[str]:
    """Yield each test file that no command runs with the variable on which it depends."""
    known = list(commands)
    for variable, files in files_by_variable.items():
        setting = [each for each in known if variable in each.variables]
        for file in sorted(files):
            if variable not in NO_SWITCHES and not any(each.includes(file) for each in setting):
                name = file.relative_to(root)
                yield f"{name} depends on {variable}, which no target of CI sets for it"


def not_in_workflow(script: str, workflow: str) -> set[str]:
    """Return what the script of CI makes, and the workflow does not."""
    return targets_of_script(script) - targets_of_workflow(workflow)


def test_ci_runs_every_test_that_depends_on_a_variable(
    files_by_variable: dict[str, set[Path]],
) -> None:
    commands = commands_of_tests(ROOT, targets_of_ci(ROOT))

    assert list(left_out(ROOT, files_by_variable, commands)) == []


def test_the_workflow_makes_what_the_script_of_ci_makes() -> None:
    script, workflow = ROOT / SCRIPT, ROOT / WORKFLOWS / "ci.yaml"

    assert not_in_workflow(script.read_text("utf-8"), workflow.read_text("utf-8")) == set()


def test_each_variable_that_leaves_out_no_test_is_still_read(
    files_by_variable: dict[str, set[Path]],
) -> None:
    assert set(NO_SWITCHES) <= set(files_by_variable)


FORMS: Final = {
    "membership": '@pytest.mark.skipif("WAYBILL_LONG" not in os.environ, reason="long")',
    "get": '@pytest.mark.skipif(not os.environ.get("WAYBILL_LONG"), reason="long")',
    "getenv": '@pytest.mark.skipif(not os.getenv("WAYBILL_LONG"), reason="long")',
    "own constant": "@pytest.mark.skipif(LONG not in os.environ, reason='long')",
    "imported constant": "@pytest.mark.skipif(NAME not in os.environ, reason='long')",
    "own mark": "@slow",
    "imported function": "@pytest.mark.skipif(not wanted(), reason='long')",
    "imported module": "@pytest.mark.skipif(not helper.wanted(), reason='long')",
}
HELPER: Final = """
    import os
    NAME = "WAYBILL_LONG"
    def wanted(): return NAME in os.environ
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "tests" / "long").mkdir(parents=True)
    return tmp_path


def left_out_by(tree: Path, command: str) -> list[str]:
    files = Tree(tree).files_by_variable()
    return list(left_out(tree, files, [command_of_tests(tree, command)]))


def write(tree: Path, name: str, text: str) -> None:
    (tree / "tests" / name).write_text(dedent(text), "utf-8")


@pytest.mark.parametrize("mark", FORMS.values(), ids=FORMS.keys())
def test_a_test_that_no_target_of_ci_runs_is_found(tree: Path, mark: str) -> None:
    write(tree, "helper.py", HELPER)
    write(
        tree,
        "test_long.py",
        f"""
        import os
        import pytest
        from tests import helper
        from tests.helper import NAME, wanted
        LONG: Final = "WAYBILL_LONG"
        slow = pytest.mark.skipif("WAYBILL_LONG" not in os.environ, reason="long")
        {mark}
        def test_it(): pass
        """.replace("slow = ", "slow = " if mark == "@slow" else "# "),
    )
    fault = "tests/test_long.py depends on WAYBILL_LONG, which no target of CI sets for it"

    for command in ("", "WAYBILL_OTHER=1", "WAYBILL_LONG="):
        assert left_out_by(tree, f"{command} pytest") == [fault]
    for arguments in ("tests/long", "tests/test_gone.py"):
        assert left_out_by(tree, f"WAYBILL_LONG=1 pytest {arguments}") == [fault]
    for arguments in ("", "-q -n 2", "tests", "tests/test_long.py::test_it"):
        assert left_out_by(tree, f"WAYBILL_LONG=1 pytest {arguments}") == []


SKIPPING: Final = '"WAYBILL_LONG" in os.environ or pytest.skip("long")'


@pytest.mark.parametrize(
    ("conftest", "found"),
    [
        (f"@pytest.fixture\ndef server(): {SKIPPING}", ["test_uses"]),
        (f"@pytest.fixture(autouse=True)\ndef each(): {SKIPPING}", ["test_other", "test_uses"]),
        (f"def pytest_collection_modifyitems(): {SKIPPING}", ["test_other", "test_uses"]),
        (f"def server(): {SKIPPING}", []),
    ],
    ids=["fixture", "autouse", "hook", "not used"],
)
def test_what_a_conftest_leaves_out_is_found(tree: Path, conftest: str, found: list[str]) -> None:
    write(tree, "long/conftest.py", conftest)
    write(tree, "long/test_uses.py", "def test_it(server): pass")
    write(tree, "long/test_other.py", "def test_it(other): pass")
    write(tree, "test_elsewhere.py", "def test_it(server): pass")

    faults = left_out_by(tree, "pytest")

    assert [each.partition(".py ")[0] for each in faults] == [
        f"tests/long/{each}" for each in found
    ]


def test_what_a_command_ignores_is_left_out(tree: Path) -> None:
    write(tree, "test_long.py", '@skipif("WAYBILL_LONG" in os.environ)\ndef test_it(): pass')

    assert left_out_by(tree, "WAYBILL_LONG=1 pytest tests") == []
    assert left_out_by(tree, "WAYBILL_LONG=1 pytest tests --ignore=tests/test_long.py") != []


def test_targets_are_read_from_script_and_workflow() -> None:
    script = """
        # make images
        if x; then make test; fi
        later=(pages tutorial)
        if y; then later+=(k8s-api); fi
        make --jobs=2 --keep-going "${later[@]}"
        make conformance bench-smoke
    """
    workflow = """
        jobs:
          a:
            strategy: {matrix: {target: [attack, 'simulate HISTORIES=2'], include: [{target: k8s}]}}
            steps:
              - run: make ${{ matrix.target }}
              - run: make test
    """

    others = {"bench-smoke", "conformance", "k8s-api", "pages", "tutorial"}
    assert targets_of_script(script) == {"test", *others}
    assert targets_of_workflow(workflow) == {"attack", "simulate", "k8s", "test"}
    assert not_in_workflow(script, workflow) == others


def test_commands_are_read_from_the_makefile() -> None:
    [command] = commands_of_tests(ROOT, ["test-kafka-events"])

    assert command.variables == {"WAYBILL_TEST_BROKER"}
    assert command.includes(ROOT / "libs/common/tests/integration/events/test_retries.py")
    assert not command.includes(ROOT / "tests/e2e/test_topics.py")
