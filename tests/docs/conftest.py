from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path
from threading import Thread
from typing import Final

import pytest

from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.site.build import build_site
from waybill_toolkit.site.serve import server_of
from waybill_toolkit.testing.browser import (
    PROGRAMS,
    VARIABLE,
    Browser,
    connected,
    find_browser,
    running_browser,
)
from waybill_toolkit.testing.workers import made_once

ROOT: Final = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def site_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of this tree."""
    return made_once(tmp_path_factory, "site", lambda folder: build_site(Repository(ROOT), folder))


@pytest.fixture(scope="session")
def site(site_folder: Path) -> Iterator[str]:
    """The address of the site of this tree."""
    with _served(site_folder) as address:
        yield address


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    with server_of(folder, 0) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


OpenBrowser = Callable[[], AbstractAsyncContextManager[Browser]]


@pytest.fixture(scope="session")
def open_browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenBrowser]:
    """Return a function that opens a real browser for a block. One runs for all tests."""
    program = find_browser()
    if program is None:
        pytest.skip(f"no browser: install one of {', '.join(PROGRAMS)}, or name it in {VARIABLE}")
    with running_browser(program, tmp_path_factory.mktemp("browser")) as address:
        yield lambda: connected(address)


@pytest.fixture
def serve_text(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Return a function that serves a text as a page and returns its address."""
    folder = tmp_path / "page"
    folder.mkdir()
    (folder / "favicon.ico").touch()
    with _served(folder) as address:

        def serve(text: str) -> str:
            (folder / "index.html").write_text(text, encoding="utf-8")
            return f"{address}/index.html"

        yield serve
