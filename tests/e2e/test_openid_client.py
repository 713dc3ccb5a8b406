"""openid-client on Node gets tokens in every way that identity has."""

import json
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
from tests.e2e.oauth_setting import (
    REDIRECT_URI,
    SCOPES,
    UserAtBrowser,
    application,
    register,
)

from waybill_toolkit.contracts.node.packages import NodePackages, environment, installed
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.plan import GATEWAY

ROOT: Final = Path(__file__).parents[2]
PROGRAM: Final = Path(__file__).with_name("clients") / "oauth" / "openid_client.mjs"


@pytest.fixture(scope="module")
def packages() -> NodePackages:
    return installed(PROGRAM.parent, ROOT / ".waybill" / "node")


@pytest.fixture(scope="module")
def given(guarded_platform: Platform) -> dict[str, Any]:
    """What the program is told."""
    shop = application(guarded_platform, "With openid-client")
    service = register(guarded_platform, "Importer", scopes=["orders:read", "orders:any"])
    return {
        "issuer": guarded_platform.addresses[GATEWAY],
        "application": shop._asdict(),
        "service": service._asdict(),
        "redirect_uri": REDIRECT_URI,
        "scope": " ".join(SCOPES),
    }


@pytest.mark.parametrize(
    ("scenario", "got"),
    [
        ("code", {"same": True, "status": 200}),
        ("code_of_a_public_client", {"status": 200}),
        (
            "refresh",
            {
                "different": 3,
                "status": 200,
                "replayed": "invalid_grant",
                "ended": "invalid_grant",
            },
        ),
        ("client_credentials", {"scope": "orders:any orders:read", "status": 200}),
        ("device_code", {"scope": "orders:read", "status": 200}),
        ("revocation", {"before": True, "after": False}),
    ],
)
def test_the_program_gets_what_it_asks_for(
    packages: NodePackages, given: dict[str, Any], scenario: str, got: dict[str, Any]
) -> None:
    command = [str(packages.program.node), str(PROGRAM), str(packages.folder), scenario]
    with (
        UserAtBrowser(given["issuer"], "alice") as alice,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env=environment(),
        ) as program,
    ):
        answer = _tell(program, given)
        if "open" in answer:
            answer = _tell(program, alice.open(answer["open"]))

    issuer = answer.pop("iss", given["issuer"])
    assert (issuer, answer) == (given["issuer"], got)


def _tell(program: subprocess.Popen[str], message: object) -> dict[str, Any]:
    """Send the program a line and return the line with which it answers."""
    assert program.stdin
    assert program.stdout
    assert program.stderr
    print(json.dumps(message), file=program.stdin, flush=True)
    line = program.stdout.readline()
    if not line:
        raise AssertionError(program.stderr.read())
    answer: dict[str, Any] = json.loads(line)
    return answer
