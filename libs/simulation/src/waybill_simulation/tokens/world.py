"""Identity in replicas, its database with users who are logged in, and what was committed."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from typing_extensions import override

import identity.app
import identity.contract.events
from identity.domain import USERS_GRANTS, challenge_of
from identity.opaque_tokens import digest
from identity.settings import IdentitySettings
from waybill.app import Service
from waybill.clock import Clock
from waybill_simulation.deployment import Deployment
from waybill_simulation.network import Network
from waybill_simulation.postgres.session import run_now
from waybill_simulation.postgres.tables import Slot
from waybill_simulation.tokens.scenario import (
    PUBLISHED_SECONDS,
    ROTATION_SECONDS,
    SERVICE,
    SESSIONS,
    TokenScenario,
)

CLIENT: Final = "app"
REDIRECT_URI: Final = "https://app.example/callback"
VERIFIER: Final = "v" * 43
SCOPES: Final = ("orders:read", "orders:write")
_KEYS: Final = Path(__file__).parents[1] / "token_keys"
_DAY: Final = timedelta(days=1)


@dataclass
class Commits:
    """What was committed, and what must never be, with the time."""

    retired: dict[str, float] = field(default_factory=dict)
    """When each signing key has stopped signing."""
    violations: list[str] = field(default_factory=list)
    _unused: dict[UUID, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    _revoked: set[UUID] = field(default_factory=set)
    _ended: set[UUID] = field(default_factory=set)

    def add(self, written: Sequence[Slot], now: float) -> None:
        """See the rows of one transaction."""
        rows = [(slot.table.name, row) for slot in written if (row := slot.latest())]
        for table, row in rows:
            if table == "refresh_tokens":
                self._token(row["family_id"], row["digest"], used_at=row["used_at"])
            elif table == "signing_keys" and row["state"] == "retired":
                self.retired.setdefault(row["kid"], now)
        families = [row for table, row in rows if table == "families"]
        if any(row["session_id"] in self._ended and not row["revoked_at"] for row in families):
            self.violations.append("an authorization began after its session had ended")
        self._revoked |= {row["family_id"] for row in families if row["revoked_at"]}
        sessions = [row for table, row in rows if table == "sessions"]
        self._ended |= {row["session_id"] for row in sessions if row["ended_at"]}
        for count in map(len, self._unused.values()):
            if count > 1:
                self.violations.append(f"an authorization has {count} live refresh tokens")

    def _token(self, family_id: UUID, token: bytes, *, used_at: datetime | None) -> None:
        if used_at is not None:
            self._unused[family_id].discard(token)
            return
        if family_id in self._revoked:
            self.violations.append("an authorization that was revoked has got a refresh token")
        self._unused[family_id].add(token)


class TokenWorld(Deployment):
    """Everything there is in one history of tokens."""

    def __init__(self, scenario: TokenScenario, network: Network) -> None:
        super().__init__(scenario, network, self._assemble)
        self.scenario = scenario
        self.commits = Commits()
        self.user_id = self._id()
        self.sessions = [self._id() for _ in range(SESSIONS)]
        self.broker.create(identity.contract.events.TOPICS)
        self._fill()

    def _id(self) -> UUID:
        return UUID(int=self.network.random.getrandbits(128))

    async def _assemble(self, _service: str, clock: Clock) -> Service:
        assembled: Service = await identity.app.assemble(_SETTINGS, clock)
        return assembled

    def _put(self, table: str, **values: object) -> None:
        numbers = ", ".join(f"${number}" for number in range(1, len(values) + 1))
        sql = f"insert into {table} ({', '.join(values)}) values ({numbers})"  # noqa: S608 (names of ours)
        run_now(self.servers[SERVICE], sql, *values.values())

    def _fill(self) -> None:
        now = self.network.now()
        self._put("roles", role="customer", scopes=[*SCOPES])
        self._put(
            "users", user_id=self.user_id, email_cipher="", email_index=b"1",
            customer_ref="customer", status="active", created_at=now,
        )  # fmt: skip
        self._put("role_members", user_id=self.user_id, role="customer")
        self._put(
            "clients", client_id=CLIENT, service_id=self._id(), name=CLIENT,
            redirect_uris=[REDIRECT_URI], scopes=[*SCOPES], grants=sorted(USERS_GRANTS),
            created_at=now,
        )  # fmt: skip
        for session_id in self.sessions:
            self._put(
                "sessions", session_id=session_id, digest=session_id.bytes, user_id=self.user_id,
                auth_time=now, amr=["pwd"], expires_at=now + _DAY,
            )  # fmt: skip
        for number, app in enumerate(self.scenario.apps):
            session_id = self.sessions[app.session]
            if app.has_code:
                self._put(
                    "codes", digest=digest(first_token(number)), client_id=CLIENT,
                    session_id=session_id, redirect_uri=REDIRECT_URI, scopes=[*SCOPES],
                    challenge=challenge_of(VERIFIER), expires_at=now + _DAY,
                )  # fmt: skip
            else:
                family_id = self._id()
                self._put(
                    "families", family_id=family_id, client_id=CLIENT, user_id=self.user_id,
                    session_id=session_id, scopes=[*SCOPES], expires_at=now + _DAY,
                )  # fmt: skip
                self._put(
                    "refresh_tokens", digest=digest(first_token(number)), family_id=family_id,
                    generation=1,
                )  # fmt: skip

    @override
    def committed(self, service: str, written: Sequence[Slot]) -> None:
        self.commits.add(written, self.network.loop.time())


def first_token(number: int) -> str:
    """Return the refresh token or the code that an application begins with."""
    return f"first token of application {number}"


_SETTINGS: Final = IdentitySettings.model_validate(
    {
        "database_url": f"postgresql://localhost/{SERVICE}",
        "kafka_bootstrap_servers": "localhost",
        "kafka_partitions_max": 1,
        "access": "open",
        "public_url": "http://localhost:7000",
        "key_encryption_keys": _KEYS,
        "index_key": "the simulation finds no address by it",
        "mail_folder": _KEYS,
        "signing_key_days": ROTATION_SECONDS / _DAY.total_seconds(),
        "signing_key_published_seconds": PUBLISHED_SECONDS,
    }
)
