"""What must hold at the end of every history of tokens."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final
from uuid import UUID

from identity.domain import GRACE
from identity.opaque_tokens import digest
from identity.signing_keys import READ_EVERY
from waybill_simulation.tokens.apps import App, Apps, Attempt
from waybill_simulation.tokens.scenario import SERVICE
from waybill_simulation.tokens.verifier import Verifier
from waybill_simulation.tokens.world import TokenWorld

GRACE_SECONDS: Final = GRACE.total_seconds()
KNOWN_SECONDS: Final = 10.0
"""A verifier that has read the keys this long ago knows the key of each new token. It is much less
than the time for which keys are published before they sign, as replicas are stopped in between."""
UNDER_WAY_SECONDS: Final = 12.0
"""A request is handled within this time, also by a replica that was stopped."""
READ_WITHIN_SECONDS: Final = 30.0
"""A verifier has read keys by then, whatever has failed."""
_STALE_SECONDS: Final = READ_EVERY.total_seconds() + 0.1


def unfinished(world: TokenWorld, apps: Apps) -> Iterator[str]:
    """Yield what is unfinished; nothing when all work has finished."""
    if not apps.is_done:
        yield "applications are waiting"
    for event in world.rows(SERVICE, "outbox"):
        if event["offset"] is None:
            yield f"{event['type']} is not published"


def violations(world: TokenWorld, apps: Apps, verifier: Verifier) -> list[str]:
    """Return the violations of the invariants."""
    found = [
        *world.replicas.crashes,
        *(f"{type(e).__name__}: {e}" for e in world.network.loop.failures),
        *world.commits.violations,
    ]
    families = {row["family_id"]: row for row in world.rows(SERVICE, "families")}
    family_of = {row["digest"]: row["family_id"] for row in world.rows(SERVICE, "refresh_tokens")}
    revoked = {each for each, row in families.items() if row["revoked_at"] is not None}
    if not verifier.reads and world.network.loop.time() > READ_WITHIN_SECONDS:
        found.append("the verifier has read no keys")
    for app in apps.apps:
        found += _successors(app, world.scenario.skew)
        found += _replays(app, family_of, revoked)
        found += _over(app, apps)
        found += _forgiven(app, apps, world.scenario.skew)
        found += _keys(app, world, verifier)
        found += ["an application was never answered"] if app.is_unanswered else []
    ended = {row["session_id"] for row in world.rows(SERVICE, "sessions") if row["ended_at"]}
    for family_id, row in families.items():
        if row["session_id"] in ended and family_id not in revoked:
            found.append("an authorization outlives its session")
    return found


def _successors(app: App, skew: float) -> Iterator[str]:
    """Check that a token gives one successor: in the grace, and until that is used."""
    by_token: dict[str, list[Attempt]] = defaultdict(list)
    for attempt in app.attempts:
        if attempt.is_granted and not attempt.is_code:
            by_token[attempt.token].append(attempt)
    first_use = {token: min(_answered(each) for each in got) for token, got in by_token.items()}
    for token, got in by_token.items():
        if len({attempt.successor for attempt in got}) > 1:
            yield "a refresh token has given two successors"
        for attempt in got:
            if attempt.sent_at > first_use.get(str(attempt.successor), float("inf")):
                yield "a refresh token was accepted after its successor had been used"
            if attempt.sent_at > first_use[token] + GRACE_SECONDS + 2 * skew:
                yield "a used refresh token was accepted after the grace"


def _replays(app: App, family_of: dict[bytes, UUID], revoked: set[UUID]) -> Iterator[str]:
    """Check that a refusal has found the authorization revoked, or has revoked it."""
    refused = [attempt for attempt in app.attempts if attempt.is_refused and not attempt.is_code]
    for attempt in refused:
        if family_of[digest(attempt.token)] not in revoked:
            yield "a replayed refresh token has not revoked its authorization"
    since = min((_answered(attempt) for attempt in refused), default=float("inf"))
    if any(attempt.is_granted and attempt.sent_at > since for attempt in app.attempts):
        yield "an authorization gave tokens after a refusal had revoked it"


def _over(app: App, apps: Apps) -> Iterator[str]:
    """Check that nothing is issued after a revocation was answered."""
    ended_at = apps.ended_at.get(app.planned.session)
    for what, at in (("revocation", app.revoked_at), ("end of its session", ended_at)):
        if at is not None and any(a.is_granted and a.sent_at > at for a in app.attempts):
            yield f"an authorization gave tokens after the {what}"


def _forgiven(app: App, apps: Apps, skew: float) -> Iterator[str]:
    """Check that whose answers were lost is not refused, unless somebody interfered."""
    begun = (app.revoke_begun_at, apps.end_begun_at.get(app.planned.session))
    thief_at = min((a.sent_at for a in app.attempts if a.sender == "thief"), default=None)
    until = min(at for at in (*begun, thief_at, float("inf")) if at is not None)
    is_code_replayed = sum(attempt.is_code for attempt in app.attempts) > 1
    until = min(until, _overtaken_at(app))
    first: dict[str, float] = {}
    refused: list[Attempt] = []
    for attempt in app.attempts if not is_code_replayed else ():
        first.setdefault(attempt.token, attempt.sent_at)
        if attempt.is_refused:
            refused.append(attempt)
            if _answered(attempt) >= first[attempt.token] + GRACE_SECONDS - 2 * skew:
                until = min(until, attempt.sent_at)  # it came too late itself, and has revoked
    if any(_answered(attempt) < until for attempt in refused):
        yield "an application whose answer was lost was refused"


def _overtaken_at(app: App) -> float:
    """Return when a request that was given up may come after the use of its token's successor.

    It counts as a replay: no server can tell it from one.
    """
    successors = {attempt.token: attempt.successor for attempt in app.attempts if attempt.successor}
    given_up = [attempt for attempt in app.attempts if attempt.answered_at is None]
    return min(
        (
            later.sent_at
            for late in given_up
            for later in app.attempts
            if later.token == successors.get(late.token)
            and later.sent_at < late.sent_at + UNDER_WAY_SECONDS
        ),
        default=float("inf"),
    )


def _keys(app: App, world: TokenWorld, verifier: Verifier) -> Iterator[str]:
    """Check that a key signs after every verifier knows it, and not after it is retired."""
    for attempt in app.attempts:
        if attempt.key_id is None:
            continue
        for read in verifier.reads:
            if read.asked_at >= _answered(attempt) - KNOWN_SECONDS and (
                attempt.key_id not in read.key_ids
            ):
                yield "a token was signed with a key that was not published"
        retired_at = world.commits.retired.get(attempt.key_id, float("inf"))
        if attempt.sent_at > retired_at + _STALE_SECONDS:
            yield "a token was signed with a retired key"


def _answered(attempt: Attempt) -> float:
    return float("inf") if attempt.answered_at is None else attempt.answered_at
