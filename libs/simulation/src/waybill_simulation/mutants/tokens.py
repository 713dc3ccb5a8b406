"""Planted bugs of tokens, most of them shipped before by others (decision 55)."""

from functools import partial
from typing import Final

from waybill_simulation.planting import Edit, Mutant, PlayName

_mutant: Final = partial(Mutant, play=PlayName.TOKENS)
_GRACE: Final = "if used.is_successor_unused and now - used.used_at <= GRACE:"

TOKENS: Final = (
    _mutant(
        "lost-answer-not-forgiven",
        "whoever sends a refresh token again is logged out",
        Edit("identity.commands.refresh_token", _GRACE, "if False:"),
    ),
    _mutant(
        "grace-without-end",
        "a used refresh token gives its successor for ever",
        Edit("identity.commands.refresh_token", _GRACE, "if used.is_successor_unused:"),
    ),
    _mutant(
        "successor-used-and-given-again",
        "a replay within the grace is not seen",
        Edit("identity.commands.refresh_token", _GRACE, "if now - used.used_at <= GRACE:"),
    ),
    _mutant(
        "grace-gives-a-new-successor",
        "an authorization has several live refresh tokens",
        Edit(
            "identity.commands.refresh_token",
            "return successor_of(token, used.successor_seed)",
            """
            another, number = successor_of(token, seed), int.from_bytes(seed[:3])
            await families.insert_token(tx, family.family_id, another, generation=9 + number)
            return another
            """,
        ),
    ),
    _mutant(
        "replay-only-refused",
        "a replayed refresh token does not revoke its authorization",
        Edit(
            "identity.commands.refresh_token",
            'await families.revoke_family(tx, family.family_id, "replayed", now)',
            "pass",
        ),
    ),
    _mutant(
        "replay-rolled-back",
        "the refusal of a replayed token rolls back its revocation",
        Edit(
            "identity.operations.tokens",
            "return await self._database.run(run)",
            """
            from waybill.postgres import Transaction as _Transaction
            async def refuse(tx: _Transaction) -> Grant | _Refused:
                granted = await run(tx)
                if not isinstance(granted, Grant):
                    raise ProblemError(granted)
                return granted
            try:
                return await self._database.run(refuse)
            except ProblemError as refused:
                return refused.problem
            """,
        ),
    ),
    _mutant(
        "token-used-twice",
        "two requests with one refresh token are both the first",
        Edit(
            "identity.families",
            "where digest = $1 and used_at is null\n    returning generation",
            "where digest = $1\n    returning generation",
        ),
    ),
    _mutant(
        "refresh-without-family-lock",
        "a refresh that races a revocation gives a token",
        Edit("identity.families", '_LOCK: Final = _FIND + " for update"', "_LOCK: Final = _FIND"),
    ),
    _mutant(
        "revoked-authorization-refreshed",
        "a revoked authorization gives tokens",
        Edit(
            "identity.commands.refresh_token",
            "if family.revoked_at is not None or family.expires_at <= now:",
            "if family.expires_at <= now:",
        ),
    ),
    _mutant(
        "session-ended-alone",
        "the refresh tokens of an ended session stay valid",
        Edit(
            "identity.commands.end_sessions",
            'await families.revoke_families_of(tx, session_id, "session ended", now)',
            "pass",
        ),
    ),
    _mutant(
        "code-exchanged-as-its-session-ends",
        "an authorization begins after its session has ended",
        Edit(
            "identity.sessions",
            '_LOCK_SHARED: Final = _GET + " for share"',
            "_LOCK_SHARED: Final = _GET",
        ),
    ),
    _mutant(
        "new-key-signs-at-once",
        "tokens are signed with a key that no verifier knows",
        Edit(
            "identity.signing_keys",
            "return now - key.since >= self.published_before_use",
            "return True",
        ),
    ),
    _mutant(
        "next-key-not-published",
        "a key is published when it already signs",
        Edit(
            "identity.signing_keys",
            'return [orjson.loads(row.public_jwk) for row in self._keys if row.state != "revoked"]',
            'return [orjson.loads(r.public_jwk) for r in self._keys if r.state != "next"]',
        ),
    ),
    _mutant(
        "keys-read-once",
        "a replica signs with a key that another one has retired",
        Edit(
            "identity.signing_keys",
            "if self._read_at is None or now - self._read_at >= READ_EVERY:",
            "if self._read_at is None:",
        ),
    ),
    _mutant(
        "retired-key-deleted-at-once",
        "valid tokens name a key that is not published any more",
        Edit(
            "identity.signing_keys",
            "await tx.execute(_DELETE, self._clock.now() - RETIRED_FOR)",
            "await tx.execute(_DELETE, self._clock.now() + RETIRED_FOR)",
        ),
    ),
)
