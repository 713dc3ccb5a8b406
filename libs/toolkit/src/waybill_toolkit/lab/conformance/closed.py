"""Platforms with access by token, whose services check their own responses and events."""

import hashlib
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.contracts.schema_check import read_json
from waybill_toolkit.platform.access import with_access
from waybill_toolkit.platform.handle import Platform, running
from waybill_toolkit.platform.identity import AccessMode
from waybill_toolkit.platform.plan import GATEWAY, Plan, free_port_base
from waybill_toolkit.platform.postgres_home import remove_home
from waybill_toolkit.platform.short_folder import short_folder
from waybill_toolkit.testing.contract_check import Contract
from waybill_toolkit.testing.violation_log import CHECKED


@dataclass(frozen=True, slots=True)
class ClosedPlatform:
    """The platform and its token."""

    platform: Platform
    token: str


@contextmanager
def closed_platform(repository: Repository) -> Iterator[ClosedPlatform]:
    """Run a new platform of the services of a repository within the context.

    Raises PlatformError.
    """
    token = secrets.token_urlsafe(16)
    with short_folder() as folder:
        tokens = folder / "tokens.json"
        tokens.write_text(json.dumps(grants(repository, token)))
        tokens.chmod(0o644)
        settings = {**CHECKED, "WAYBILL_ACCESS": str(tokens)}
        plan = Plan.of(folder / "data", repository.root / "services", free_port_base(), settings)
        with running(plan) as platform:
            yield ClosedPlatform(platform, token)
        remove_home(plan.data)


@contextmanager
def guarded_platform(repository: Repository) -> Iterator[Platform]:
    """Run a new platform with the tokens of its identity service, as `waybill up` does.

    Raises PlatformError.
    """
    with short_folder() as folder:
        plan = Plan.of(folder / "data", repository.root / "services", free_port_base(), CHECKED)
        with running(with_access(plan, AccessMode.TOKENS)) as platform:
            yield platform
        remove_home(plan.data)


def grants(repository: Repository, token: str) -> dict[str, object]:
    """Return the content of a token file that permits every operation to a token."""
    merged = read_json(repository.package(GATEWAY) / "openapi.json")
    operations = Contract(merged).operations
    ways = [way for each in operations for way in each.written["security"]]
    scopes = {scope for way in ways for scopes in way.values() for scope in scopes}
    scopes |= {f"{service}:any" for service in repository.services}  # resources of all owners
    digest = hashlib.sha256(token.encode()).hexdigest()
    return {digest: {"subject": "conformance", "scopes": sorted(scopes)}}
