"""The applications: they refresh, revoke and log out. Thieves send tokens of theirs."""

import asyncio
import json
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from identity.contract import models
from identity.contract.api import EndSession200, IdentityApi, IssueToken200, RevokeToken200
from identity.contract.problems import InvalidGrant, SessionNotFound
from waybill.http import Call, Owner
from waybill.http.access import Principal
from waybill_simulation.asking import Asking, NoAnswer
from waybill_simulation.tokens.scenario import SERVICE, PlannedApp
from waybill_simulation.tokens.world import (
    CLIENT,
    REDIRECT_URI,
    VERIFIER,
    TokenWorld,
    first_token,
)

TRIES_MAX: Final = 200
Sender: TypeAlias = Literal["app", "thief"]

CALL: Final = Call(
    principal=Principal("user:somebody", ()),
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
)


@dataclass
class Attempt:
    """One request to the token endpoint, and what its sender knows of it."""

    app: "App"
    sender: Sender
    token: str
    sent_at: float
    answered_at: float | None = None
    successor: str | None = None
    key_id: str | None = None
    is_code: bool = False

    @property
    def is_granted(self) -> bool:
        return self.successor is not None

    @property
    def is_refused(self) -> bool:
        return self.answered_at is not None and self.successor is None


@dataclass
class App:
    """An application with one authorization."""

    number: int
    planned: PlannedApp
    known: list[str] = field(default_factory=list)
    """Its refresh tokens, the oldest first."""
    attempts: list[Attempt] = field(default_factory=list)
    revoke_begun_at: float | None = None
    revoked_at: float | None = None
    """When it knew that its authorization was revoked."""
    running: int = 0
    is_unanswered: bool = False


class Apps:
    """Sends requests to random replicas of identity."""

    def __init__(self, world: TokenWorld) -> None:
        self._world = world
        self._network = world.network
        self._asking = Asking(world.network, world.replicas, SERVICE)
        self.apps = [App(n, planned) for n, planned in enumerate(world.scenario.apps)]
        self.end_begun_at: dict[int, float] = {}
        self.ended_at: dict[int, float] = {}
        """When each session was known to be ended."""
        self._ending = 0

    @property
    def is_done(self) -> bool:
        return not self._ending and all(not app.running for app in self.apps)

    def open(self) -> None:
        """Start them."""
        for app in self.apps:
            planned = app.planned
            if not planned.has_code:
                app.known.append(first_token(app.number))
            self._start(app, planned.at, self._use(app))
            if planned.thief_at is not None:
                self._start(app, planned.thief_at, self._steal(app))
            if planned.revoke_at is not None:
                self._start(app, planned.revoke_at, self._revoke(app))
        for number, at in enumerate(self._world.scenario.ends):
            if at is not None:
                self._ending += 1
                self._network.loop.create_task(self._end(number, at))

    def _start(self, app: App, at: float, act: "asyncio.Future[None] | object") -> None:
        app.running += 1

        async def run() -> None:
            await self._network.sleep(at)
            # mypy does not see that it is a coroutine.
            await act  # type: ignore[misc]
            app.running -= 1

        self._network.loop.create_task(run())

    async def _use(self, app: App) -> None:
        planned = app.planned
        if planned.has_code:
            got = await self._until_answered(app, "app", first_token(app.number), is_code=True)
            if got is None:
                return
            app.known.append(got)
        for _ in range(planned.refreshes):
            token = app.known[-1]
            asks = (self._until_answered(app, "app", token) for _ in range(planned.tabs))
            successor = next((each for each in await asyncio.gather(*asks) if each), None)
            if successor is None:
                return
            app.known.append(successor)
            await self._network.sleep(planned.pause)

    async def _steal(self, app: App) -> None:
        if not app.known:
            return
        token = app.known[max(0, len(app.known) - 1 - app.planned.thief_skips)]
        stolen = await self._until_answered(app, "thief", token)
        if stolen is not None:
            await self._until_answered(app, "thief", stolen)

    async def _until_answered(
        self, app: App, sender: Sender, token: str, *, is_code: bool = False
    ) -> str | None:
        """Return the refresh token that follows; None when it is refused."""
        patience, wait = app.planned.patience, app.planned.retry_seconds
        for number in range(TRIES_MAX):
            attempt = Attempt(app, sender, token, self._network.loop.time(), is_code=is_code)
            app.attempts.append(attempt)
            answer = await self._send(attempt, patience * (1 + number))
            if not isinstance(answer, NoAnswer):
                return attempt.successor
            await self._network.sleep(wait * self._network.random.random())
        app.is_unanswered = True
        return None

    async def _send(self, attempt: Attempt, patience: float) -> object:
        async def issue(api: IdentityApi) -> object:
            return await api.issue_token(CALL, _request(attempt), credentials=None)

        name = f"{attempt.sender} {attempt.app.number}"
        answer = await self._asking.ask(name, "POST /oauth/token", issue, patience=patience)
        match answer:
            case IssueToken200(body=tokens):
                attempt.successor = str(tokens.refresh_token)
                attempt.key_id = _key_id(tokens.access_token)
            case InvalidGrant():
                pass
            case _:
                return NoAnswer()
        attempt.answered_at = self._network.loop.time()
        return answer

    async def _revoke(self, app: App) -> None:
        if not app.known:
            return
        app.revoke_begun_at = self._network.loop.time()
        body = models.TokenHint(token=app.known[-1], client_id=CLIENT)
        for _ in range(TRIES_MAX):
            answer = await self._asking.ask(
                f"app {app.number}",
                "POST /oauth/revoke",
                lambda api: api.revoke_token(CALL, body, credentials=None),
                patience=1.0,
            )
            if isinstance(answer, RevokeToken200):
                app.revoked_at = self._network.loop.time()
                return
            await self._network.sleep(0.5)

    async def _end(self, number: int, at: float) -> None:
        await self._network.sleep(at)
        self.end_begun_at[number] = self._network.loop.time()
        session_id, owner = self._world.sessions[number], Owner(str(self._world.user_id))
        for _ in range(TRIES_MAX):
            answer = await self._asking.ask(
                "user",
                "DELETE /v1/sessions",
                lambda api: api.end_session(CALL, owner=owner, session_id=session_id),
                patience=1.0,
            )
            # An earlier try, whose answer was lost, may have ended it.
            if isinstance(answer, EndSession200 | SessionNotFound):
                self.ended_at[number] = self._network.loop.time()
                break
            await self._network.sleep(0.5)
        self._ending -= 1


def _request(attempt: Attempt) -> models.TokenRequest:
    if attempt.is_code:
        return models.TokenRequest(
            grant_type="authorization_code",
            client_id=CLIENT,
            code=attempt.token,
            redirect_uri=REDIRECT_URI,
            code_verifier=VERIFIER,
        )
    return models.TokenRequest(
        grant_type="refresh_token", client_id=CLIENT, refresh_token=attempt.token
    )


def _key_id(access_token: str) -> str:
    header = access_token.split(".", maxsplit=1)[0]
    key_id: str = json.loads(urlsafe_b64decode(header + "=" * (-len(header) % 4)))["kid"]
    return key_id
