"""Packages that are built of a service have its pages, which are not in git."""

import json
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.new.templates import FOLDER as TEMPLATES

ROOT: Final = Path(__file__).parents[2]
SERVICES: Final = Repository(ROOT).packages
PAGES: Final = ("reference", "events")

READ = """
import asyncio, json, sys
from importlib.abc import MetaPathFinder
from importlib.resources import files

class Missing(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"waybill_toolkit", "jinja2", "yaml", "markdown_it"}:
            raise ModuleNotFoundError(name=name)

sys.meta_path.insert(0, Missing())
sys.path.insert(0, sys.argv[1])
service = sys.argv[2]

import waybill.docs.pages
waybill.docs.pages.entry_points = lambda *, group: []  # as without the toolkit
from starlette.routing import Router
from waybill.docs import mount_docs
from waybill.docs.instance import Instance

async def read(path):
    router = Router()
    contract = files(f"{service}.contract")
    assert str(contract).startswith(sys.argv[1]), contract
    mount_docs(router, service, contract, instance=Instance())
    sent = []
    async def send(message):
        sent.append(message)
    scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b""}
    await router(scope, None, send)
    return [sent[0]["status"], sent[1]["body"].decode()]

pages = {path: asyncio.run(read(path)) for path in ("/docs", "/docs/reference", "/docs/events")}
print(json.dumps(pages))
"""


@dataclass(frozen=True)
class Built:
    """The folders with what was built of each service."""

    folders: Mapping[str, Path]

    def wheel(self, service: str) -> Path:
        (found,) = self.folders[service].glob("*.whl")
        return found

    def sdist(self, service: str) -> Path:
        (found,) = self.folders[service].glob("*.tar.gz")
        return found


def build(source: Path, target: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hatchling", "build", *options, "--directory", str(target)],
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
    )


def status_of_git() -> str:
    command = ["git", "status", "--short", "--", "services", "docs"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A wheel and an sdist of every service."""
    folders = {service: tmp_path_factory.mktemp(service) for service in SERVICES}
    before = status_of_git()
    for service, folder in folders.items():
        run = build(ROOT / "services" / service, folder)
        assert run.returncode == 0, run.stderr
    assert status_of_git() == before
    return Built(folders)


@pytest.mark.parametrize("service", SERVICES)
def test_an_installed_wheel_serves_its_pages_without_toolkit_and_templates(
    built: Built, tmp_path: Path, service: str
) -> None:
    shutil.unpack_archive(built.wheel(service), tmp_path, "zip")

    run = subprocess.run(
        [sys.executable, "-c", READ, str(tmp_path), service],
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    pages = json.loads(run.stdout)
    assert [status for status, _ in pages.values()] == [200, 200, 200]
    rendered = Repository(ROOT).pages()
    for name in PAGES:
        assert rendered[f"{service}/{name}.html"] in pages[f"/docs/{name}"][1]
        assert f'href="/docs/{name}"' in pages["/docs"][1]


@pytest.mark.parametrize("service", SERVICES)
def test_a_wheel_that_is_built_from_an_sdist_has_the_pages_too(
    built: Built, tmp_path: Path, service: str
) -> None:
    with tarfile.open(built.sdist(service)) as sdist:
        sdist.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()

    run = build(source, tmp_path / "again", "--target", "wheel")

    assert run.returncode == 0, run.stderr
    (again,) = (tmp_path / "again").glob("*.whl")
    with zipfile.ZipFile(again) as one, zipfile.ZipFile(built.wheel(service)) as other:
        assert sorted(one.namelist()) == sorted(other.namelist())
        page = f"{service}/contract/pages/reference.html"
        assert one.read(page) == other.read(page)


def test_a_wheel_is_not_built_without_pages(built: Built, tmp_path: Path) -> None:
    with tarfile.open(built.sdist("orders")) as sdist:
        sdist.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    for page in (source / "src/orders/contract/pages").iterdir():
        page.unlink()
    (source / "src/orders/contract/pages").rmdir()

    run = build(source, tmp_path / "again", "--target", "wheel")

    assert run.returncode == 1
    assert run.stderr.strip() == "orders: build it in a checkout, or from its sdist."


def test_every_service_has_the_build_script_that_a_new_one_gets() -> None:
    template = TEMPLATES / "services" / "{service}" / "hatch_build.py.jinja"
    for service in SERVICES:
        script = ROOT / "services" / service / "hatch_build.py"
        assert script.read_text() == template.read_text(), script
