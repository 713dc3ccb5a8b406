import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from waybill.app import Application
from waybill.http import mount
from waybill.http.access import OpenAccess
from waybill_toolkit.contracts.mock.generated import load
from waybill_toolkit.contracts.repository import Repository

CONTRACTS = Path(__file__).with_name("contracts")
BROWSER = Path(__file__).with_name("browser") / "contracts"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A small separate tree: a shop that receives events of stock."""
    shutil.copytree(CONTRACTS, tmp_path / "contracts")
    return Repository(tmp_path)


@pytest.fixture(scope="session")
def club(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The generated code of a club that people log in to."""
    tree = Repository(tmp_path_factory.mktemp("tree"))
    shutil.copytree(BROWSER, tree.root / "contracts")
    files = tree.generate(["club"])
    return load("club", {path.name: text for path, text in files.items() if path.suffix == ".py"})


class Club:
    """Answers with what it was given."""

    def __init__(self, code: ModuleType) -> None:
        self.api, self.models, self.problems = code.api, code.models, code.problems
        self.given: list[Any] = []
        self.source: AsyncIterator[str] | None = None

    async def create_token(self, _call: object, body: Any, *, credentials: Any) -> Any:
        self.given.append((body, credentials))
        if body.grant_type == "wrong":
            return self.problems.InvalidGrant(detail='The code is "spent".')
        if body.grant_type == "stranger":
            return self.problems.InvalidClient(detail="The secret is another one.")
        if body.grant_type == "bug":
            raise LookupError("hunter2")
        token = self.models.Token(access_token="t", expires_in=300)  # noqa: S106 - of a test
        return self.api.CreateToken200(body=token, cache_control="no-store")

    async def show_login(
        self, _call: object, *, host_club_session: str | None, club_session: str | None
    ) -> Any:
        self.given.append((host_club_session, club_session))
        if club_session == "known":
            return self.api.ShowLogin303(location="/", set_cookie=["a=1; Path=/", "b=2; Path=/"])
        if club_session == "liar":
            return self.api.ShowLogin303(location="/\r\nSet-Cookie: a=1", set_cookie=None)
        return self.api.ShowLogin200(body="<p>Wer?</p>", set_cookie=None)

    async def log_in(self, _call: object, body: Any) -> Any:
        self.given.append(body)
        if body.name == "<b>":
            return self.problems.FormExpired(detail="Open <b> again.")
        return self.api.LogIn303(location="/", set_cookie=None)

    async def follow_news(self, _call: object) -> Any:
        assert self.source is not None
        return self.api.FollowNews200(body=self.source)


@pytest.fixture
def api(club: ModuleType) -> Club:
    return Club(club)


@pytest.fixture
def app(api: Club) -> Application:
    app = Application("club")
    mount(app.router, api, api.api.OPERATIONS, OpenAccess())
    return app


@pytest.fixture
def client(app: Application) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://club.test")
