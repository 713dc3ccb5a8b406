"""Follows docs/tutorial.md literally in a copy of the tree.

A `console` block is commands and what they show: `…` stands for whatever comes there, alone in a
line for any number of lines. A `diff` block is applied. Any other block is a whole file, whose name
is the last one in backticks before it. A command may fail only where its errors are shown.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import pytest

from waybill_toolkit.platform.plan import PORT_BASE, free_port_base
from waybill_toolkit.platform.postgres_home import remove_home
from waybill_toolkit.platform.short_folder import short_folder

ROOT: Final = Path(__file__).parents[2]
TUTORIAL: Final = ROOT / "docs" / "tutorial.md"
LEFT_OUT: Final = (".git", ".venv", ".waybill", "__pycache__", ".*_cache")
OURS: Final = ("MAKE", "MFLAGS", "PYTEST", "VIRTUAL_ENV", "WAYBILL")
"""What the reader does not have set: how these tests themselves were begun."""

COMMAND_SECONDS_MAX: Final = 900
"""The longest one installs everything, on a machine that may be busy."""

ANYTHING: Final = "…"
_BLOCK: Final = re.compile(r"^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_NAME: Final = re.compile(r"`([\w./-]+\.\w+)`")
_FAILS: Final = re.compile(r"Found \d+ errors? in ")
_PORT: Final = re.compile(rf"\b{PORT_BASE // 100}(\d\d)\b")


@dataclass(frozen=True)
class Command:
    line: str
    shows: Sequence[str]


@dataclass(frozen=True)
class Patch:
    text: str


@dataclass(frozen=True)
class File:
    name: str
    text: str


Step: TypeAlias = Command | Patch | File


def read_steps(markdown: str) -> Iterator[Step]:
    """Find everything that is to be done, in its order."""
    for block in _BLOCK.finditer(markdown):
        match block["kind"]:
            case "console":
                yield from _commands(block["text"])
            case "diff":
                yield Patch(block["text"])
            case _:
                names = _NAME.findall(markdown[: block.start()].rstrip().rpartition("\n\n")[2])
                assert names, f"which file is this?\n{block['text']}"
                yield File(names[-1], block["text"])


def _commands(text: str) -> Iterator[Command]:
    for part in re.split(r"(?m)^\$ ", text)[1:]:
        line, *shows = part.splitlines()
        yield Command(line, shows)


def is_shown(expected: Sequence[str], output: str) -> bool:
    """Whether the output is the expected one."""
    lines = "".join(
        r"(?:.*\n)*" if line == ANYTHING else _pattern(line) + r"[ ]*\n" for line in expected
    )
    return re.fullmatch(lines, output.rstrip() + "\n") is not None


def _pattern(line: str) -> str:
    return ".*".join(map(re.escape, line.split(ANYTHING)))


class Reader:
    """A user in a terminal, in a copy of the tree."""

    def __init__(self, tree: Path) -> None:
        self._tree = tree
        self._port_base = free_port_base()
        self._exports: list[str] = []
        path = os.environ["PATH"].split(os.pathsep)
        self._environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(OURS)},
            "LC_ALL": "C.UTF-8",
            "PATH": os.pathsep.join(each for each in path if ".venv" not in each),
            "WAYBILL_PORT_BASE": str(self._port_base),
        }

    def follow(self, step: Step) -> None:
        match step:
            case Command():
                self._type(self._here(step.line), [self._here(line) for line in step.shows])
            case Patch():
                self._run("git apply --whitespace=error -", step.text)
            case File():
                (self._tree / step.name).write_text(step.text, encoding="utf-8")

    def leave(self) -> None:
        self._run("test ! -x .venv/bin/waybill || .venv/bin/waybill down")

    def _type(self, line: str, shows: Sequence[str]) -> None:
        if line.startswith("export "):
            self._exports.append(line)
        code, output = self._run("\n".join(["set -o pipefail", *self._exports, line]))
        fails = any(map(_FAILS.match, shows))
        transcript = f"$ {line}\n{output}"
        assert bool(code) is fails, transcript
        assert not shows or is_shown(shows, output), transcript

    def _run(self, script: str, stdin: str = "") -> tuple[int, str]:
        run = subprocess.run(
            ["bash", "-c", script],
            cwd=self._tree,
            env=self._environment,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS_MAX,
        )
        assert run.returncode == 0 or not stdin, f"{run.stdout}\n{stdin}"
        return run.returncode, run.stdout

    def _here(self, text: str) -> str:
        """Write our ports for those of the tutorial: other platforms may be running."""
        return _PORT.sub(lambda port: str(self._port_base + int(port[1])), text)


@pytest.fixture
def reader() -> Iterator[Reader]:
    with short_folder() as folder:
        tree = folder / "waybill"
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=True)
        reader = Reader(tree)
        yield reader
        reader.leave()
        remove_home(tree / ".waybill")


@pytest.mark.skipif("WAYBILL_TUTORIAL" not in os.environ, reason="takes minutes: make tutorial")
def test_the_tutorial_leads_to_a_loyalty_service(reader: Reader) -> None:
    for step in read_steps(TUTORIAL.read_text(encoding="utf-8")):
        reader.follow(step)


def test_every_block_of_the_tutorial_is_a_step() -> None:
    text = TUTORIAL.read_text(encoding="utf-8")
    steps = list(read_steps(text))

    kinds = [sum(isinstance(step, kind) for step in steps) for kind in (Patch, File)]
    assert kinds == [text.count("\n```diff\n"), len(re.findall(r"\n```(?:python|csv|sql)\n", text))]


@pytest.mark.parametrize(
    ("expected", "output", "shown"),
    [
        (["a", "b"], "a\nb\n", True),
        (["a", "b"], "a\nc\n", False),
        (["a"], "a\nb\n", False),
        (["…", "b"], "x\ny\nb\n", True),
        (["…", "b"], "x\nb\ny\n", False),
        (["3 passed in …"], "3 passed in 2.1s\n", True),
        (["3 passed in …"], "2 passed, 1 failed in 2.1s\n", False),
    ],
)
def test_output_is_compared_with_what_the_page_shows(
    *, expected: list[str], output: str, shown: bool
) -> None:
    assert is_shown(expected, output) is shown


def test_a_step_that_does_not_do_what_the_page_says_is_noticed(reader: Reader) -> None:
    steps = read_steps("```console\n$ echo 7403\n7403\n$ echo one\ntwo\n```\n")

    reader.follow(next(steps))
    with pytest.raises(AssertionError, match="echo one"):
        reader.follow(next(steps))
    with pytest.raises(AssertionError):
        reader.follow(Patch("--- a/README.md\n+++ b/README.md\n@@ -1 +1 @@\n-Nonsense\n+More\n"))
    with pytest.raises(AssertionError):
        reader.follow(Command("false", []))
