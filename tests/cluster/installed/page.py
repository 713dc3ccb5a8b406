"""Carries out the commands of docs/install.md as a person in a terminal does.

A `bash` block is commands. A `yaml` block is a file, whose name is the last one in backticks before
it. Where this cluster differs from the reader's, `instead` says what is written for a text of the
page; a text that the page does not have any more is an error.
"""

import os
import re
import signal
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.cluster.clients import fetched

ROOT: Final = Path(__file__).parents[3]
PAGE: Final = ROOT / "docs" / "install.md"
TRIAL: Final = ("A trial, with nothing at hand", "The first order")
REMOVAL: Final = "Remove the trial"
OWN_SERVERS: Final = ("With your own PostgreSQL and Kafka", "The first order")
"""The sections that are followed in one terminal."""

SECONDS_MAX: Final = 1_500
"""Only a failing command takes this long: helm waits for 10 minutes twice."""

_HEADING: Final = re.compile(r"^#+ (.*)$", re.MULTILINE)
_BLOCK: Final = re.compile(r"^```(bash|yaml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NAME: Final = re.compile(r"`([\w-]+\.yaml)`")
_TREE: Final = ("Makefile", "requirements.lock", ".venv", "contracts", "deploy", "libs", "services")
_OURS: Final = ("MAKE", "MFLAGS", "PYTEST", "VIRTUAL_ENV", "WAYBILL")
"""What the reader does not have set: how these tests themselves were begun."""


class CommandFailedError(AssertionError):
    """A command of the page failed; the message has all that was shown."""


@dataclass(frozen=True)
class Commands:
    """A block of commands."""

    text: str


@dataclass(frozen=True)
class File:
    """A file that the reader writes."""

    name: str
    text: str


def section(title: str, markdown: str | None = None) -> str:
    """Return what is below a heading, up to the next one."""
    text = PAGE.read_text("utf-8") if markdown is None else markdown
    found = [each for each in _HEADING.finditer(_without_blocks(text)) if each[1] == title]
    assert len(found) == 1, f"{PAGE.name} has {len(found)} headings {title!r}"
    following = _HEADING.search(_without_blocks(text), found[0].end())
    return text[found[0].end() : following.start() if following else None]


def steps(text: str) -> Iterator[Commands | File]:
    """Yield what is to be done, in its order."""
    for block in _BLOCK.finditer(text):
        if block[1] == "bash":
            yield Commands(block[2])
        elif names := _NAME.findall(text[: block.start()].rstrip().rpartition("\n\n")[2]):
            yield File(names[-1], block[2])


class Reader:
    """A person at a terminal with kubectl and helm, in a folder that looks like the tree."""

    def __init__(self, folder: Path, kubeconfig: Path, **environment: str) -> None:
        """Write into `folder`, which links to the tree."""
        self.folder = folder
        for name in _TREE:
            (folder / name).symlink_to(ROOT / name)
        given = {key: each for key, each in os.environ.items() if not key.startswith(_OURS)}
        path = os.pathsep.join([str(fetched("kubectl").parent), given["PATH"]])
        self._environment = {
            **given,
            "PATH": path,
            "HOME": str(folder),
            "KUBECONFIG": str(kubeconfig),
            **environment,
        }

    def follow(self, titles: Iterable[str], instead: Mapping[str, str]) -> str:
        """Carry out sections in one terminal; return what it showed.

        Raises CommandFailedError when a command fails.
        """
        text = "\n\n".join(map(section, titles))
        for written, here in instead.items():
            assert written in text, f"{PAGE.name} does not have {written!r} any more"
            text = text.replace(written, here)
        script = ["set -euo pipefail", "trap 'kill $(jobs -p) 2> /dev/null || true' EXIT"]
        for step in steps(text):
            match step:
                case Commands():
                    script.append(step.text)
                case File():
                    (self.folder / step.name).write_text(step.text, "utf-8")
        return self._type("\n".join(script))

    def _type(self, script: str) -> str:
        shown = self.folder / "shown.txt"
        with shown.open("w") as output:
            process = subprocess.Popen(
                ["bash", "-c", script],
                cwd=self.folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                code = process.wait(SECONDS_MAX)
            finally:
                _end_group(process.pid)
        text = shown.read_text("utf-8")
        if code != 0:
            raise CommandFailedError(f"{script}\nended with {code}:\n{text}")
        return text


def _end_group(pid: int) -> None:
    """End what is left of a session, such as a command in the background."""
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _without_blocks(text: str) -> str:
    """Blank out fenced blocks, in which # begins a comment; positions stay."""
    return re.sub(
        r"^```.*?^```$",
        lambda block: re.sub(r"[^\n]", " ", block[0]),
        text,
        flags=re.MULTILINE | re.DOTALL,
    )
