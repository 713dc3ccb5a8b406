import hashlib
import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from waybill.http.access import ANYBODY, OpenAccess, TokenFile
from waybill.http.problems import ProblemError, Unauthenticated

DIGEST = hashlib.sha256(b"s3cret").hexdigest()


def token_file(folder: Path, content: object) -> Path:
    path = folder / "tokens.json"
    path.write_text(json.dumps(content))
    return path


async def test_caller_is_known_by_the_hash_of_its_token(tmp_path: Path) -> None:
    grants = {DIGEST: {"subject": "shop", "scopes": ["orders:read"]}}
    access = TokenFile.load(token_file(tmp_path, grants))
    principal = await access.identify("Bearer s3cret")
    assert principal.subject == "shop"
    assert "orders:read" in principal.scopes
    assert "orders:write" not in principal.scopes


@pytest.mark.parametrize("authorization", [None, "", "Bearer ", "Bearer wrong", f"Bearer {DIGEST}"])
async def test_unauthenticated_when_the_token_is_missing_or_wrong(
    tmp_path: Path, authorization: str | None
) -> None:
    grants = {DIGEST: {"subject": "shop", "scopes": []}}
    with pytest.raises(ProblemError) as raised:
        await TokenFile.load(token_file(tmp_path, grants)).identify(authorization)
    assert isinstance(raised.value.problem, Unauthenticated)


@pytest.mark.parametrize(
    "grants",
    [
        [],
        {"s3cret": {"subject": "shop", "scopes": []}},
        {DIGEST: {"subject": "shop"}},
        {DIGEST: {"subject": "shop", "scopes": "orders:read"}},
        {DIGEST: {"subject": "shop", "scopes": [], "expires": 1}},
    ],
)
def test_token_file_is_refused_when_it_is_malformed(tmp_path: Path, grants: object) -> None:
    with pytest.raises(ValidationError):
        TokenFile.load(token_file(tmp_path, grants))


async def test_everybody_may_do_everything_when_access_is_open() -> None:
    assert await OpenAccess().identify(None) is ANYBODY
    assert "anything:at-all" in ANYBODY.scopes
