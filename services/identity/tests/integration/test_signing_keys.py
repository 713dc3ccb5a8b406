"""Signing keys on a real PostgreSQL: published before use, and until their last token expires."""

import asyncio
from datetime import timedelta
from functools import partial

import pytest
import pytest_asyncio
from joserfc.jwk import Key

from identity.own_access import OwnAccess
from identity.signing_keys import PUBLISHED_BEFORE_USE, READ_EVERY, KeyRing, make_drafts
from identity.token_signing import TOKEN_LIFETIME, Subject, TokenSigner
from identity.vault import Vault
from waybill.clock import ManualClock
from waybill.http.problems import ProblemError
from waybill.postgres import Database

PERIOD = timedelta(days=30)
ISSUER = "http://127.0.0.1:7400"
SERVICE = Subject(sub="service:0")


@pytest_asyncio.fixture
async def ring(database: Database, vault: Vault, clock: ManualClock) -> KeyRing:
    ring = KeyRing(database, vault, clock)
    await ring.rotate(PERIOD)
    return ring


@pytest.fixture
def signer(ring: KeyRing, clock: ManualClock) -> TokenSigner:
    return TokenSigner(ring, clock, issuer=ISSUER, audience="waybill")


async def kids(ring: KeyRing) -> set[str]:
    return {key["kid"] for key in await ring.published()}


async def test_a_key_is_published_before_it_signs(ring: KeyRing, clock: ManualClock) -> None:
    published = await kids(ring)
    first, _ = await ring.current("ES256")
    clock.advance(PERIOD)
    await ring.rotate(PERIOD)
    second, _ = await ring.current("ES256")

    assert second != first
    assert {first, second} <= published
    assert first in await kids(ring)


async def test_a_key_that_not_everybody_has_read_does_not_sign(
    ring: KeyRing, clock: ManualClock
) -> None:
    clock.advance(PERIOD)
    await ring.rotate(PERIOD)
    current, _ = await ring.current("ES256")

    clock.advance(PUBLISHED_BEFORE_USE - timedelta(seconds=1))
    await ring.rotate(timedelta(0))
    assert (await ring.current("ES256"))[0] == current
    clock.advance(timedelta(seconds=1))
    await ring.rotate(timedelta(0))
    assert (await ring.current("ES256"))[0] != current


async def test_no_valid_token_is_refused_when_keys_are_rotated_twice_in_an_hour(
    database: Database, ring: KeyRing, signer: TokenSigner, clock: ManualClock
) -> None:
    access = OwnAccess(database, signer, clock, audience="waybill")
    tokens: list[tuple[str, timedelta]] = []
    passed = timedelta(0)
    for rotates in (False, True, False, True, False, False):
        clock.advance(PUBLISHED_BEFORE_USE)
        passed += PUBLISHED_BEFORE_USE
        tokens.append((await signer.access_token(SERVICE, "demo-shop", ["orders:read"]), passed))
        if rotates:
            await ring.rotate(timedelta(0))
        clock.advance(TOKEN_LIFETIME - timedelta(seconds=1))
        passed += TOKEN_LIFETIME - timedelta(seconds=1)
        token, _ = tokens[-1]
        assert (await access.identify(f"Bearer {token}")).subject == "service:0"

    for token, _ in tokens[:-1]:
        with pytest.raises(ProblemError):
            await access.identify(f"Bearer {token}")


async def test_a_retired_key_is_deleted_after_its_last_token(
    ring: KeyRing, clock: ManualClock
) -> None:
    first, _ = await ring.current("ES256")
    clock.advance(PERIOD)
    await ring.rotate(PERIOD)
    clock.advance(timedelta(hours=1, seconds=1))
    await ring.rotate(PERIOD)

    assert first not in await kids(ring)


async def test_replicas_that_start_at_once_make_one_set_of_keys(
    database: Database, vault: Vault, clock: ManualClock
) -> None:
    rings = [KeyRing(database, vault, clock) for _ in range(3)]
    await asyncio.gather(*(ring.rotate(PERIOD) for ring in rings))

    assert len({frozenset(await kids(ring)) for ring in rings}) == 1
    assert len(await kids(rings[0])) == 4


async def test_one_of_two_administrators_rotates_when_both_ask_at_once(
    database: Database, vault: Vault, ring: KeyRing, clock: ManualClock
) -> None:
    clock.advance(PUBLISHED_BEFORE_USE)
    rings = [ring, KeyRing(database, vault, clock)]
    drafts = [await make_drafts() for _ in rings]

    rotations = await asyncio.gather(
        *(
            database.run(partial(each.rotate_in, period=timedelta(0), drafts=made))
            for each, made in zip(rings, drafts, strict=True)
        )
    )

    assert sorted(each.has_promoted for each in rotations) == [False, True]


async def test_a_replica_learns_of_a_rotation_by_another(
    database: Database, vault: Vault, ring: KeyRing, clock: ManualClock
) -> None:
    other = KeyRing(database, vault, clock)
    before, _ = await other.current("ES256")
    clock.advance(PERIOD)
    await ring.rotate(PERIOD)
    clock.advance(READ_EVERY)

    assert (await other.current("ES256"))[0] == (await ring.current("ES256"))[0] != before


async def test_private_keys_are_encrypted_for_their_own_row(
    database: Database, ring: KeyRing, vault: Vault
) -> None:
    _, key = await ring.current("ES256")
    secret = _private_number(key)
    async with database.connection() as connection:
        rows = await connection.fetch("select * from signing_keys order by kid")
    assert secret not in repr([dict(row) for row in rows])

    swapped = rows[0]["private_cipher"]
    with pytest.raises(Exception, match="changed, or sealed for something else"):
        vault.unseal(swapped, "signing_keys.private", rows[1]["kid"])


def _private_number(key: Key) -> str:
    return str(key.as_dict(private=True)["d"])


async def revoke(ring: KeyRing, database: Database, kid: str) -> bool:
    drafts = await make_drafts()
    async with database.transaction() as tx:
        done = await ring.revoke_in(tx, kid, drafts)
    ring.read_again()
    return done is not None


async def test_what_a_revoked_key_signed_is_refused_and_the_next_key_signs(
    ring: KeyRing, signer: TokenSigner, database: Database, clock: ManualClock
) -> None:
    own = OwnAccess(database, signer, clock, audience="waybill")
    token = await signer.access_token(SERVICE, "shop", ["orders:read"])
    assert (await own.identify(f"Bearer {token}")).subject == SERVICE.sub
    stolen, _ = await ring.current("ES256")

    assert await revoke(ring, database, stolen)

    assert stolen not in await kids(ring)
    with pytest.raises(ProblemError):
        await own.identify(f"Bearer {token}")
    current, _ = await ring.current("ES256")
    assert current != stolen
    again = await signer.access_token(SERVICE, "shop", ["orders:read"])
    assert (await own.identify(f"Bearer {again}")).subject == SERVICE.sub
    assert len(await kids(ring)) == 4
    assert not await revoke(ring, database, stolen)


async def test_a_revoked_key_cannot_be_decrypted_any_more_and_is_deleted(
    ring: KeyRing, database: Database, clock: ManualClock
) -> None:
    stolen, _ = await ring.current("RS256")
    await revoke(ring, database, stolen)
    async with database.connection() as connection:
        select = "select private_cipher from signing_keys where kid = $1"
        assert await connection.fetchval(select, stolen) == ""

    clock.advance(TOKEN_LIFETIME + PERIOD)
    await ring.rotate(PERIOD)

    async with database.connection() as connection:
        assert await connection.fetchval(select, stolen) is None


@pytest.mark.parametrize(
    ("issuer", "audience"), [("http://127.0.0.1:7499", "waybill"), (ISSUER, "another")]
)
async def test_identity_refuses_tokens_of_others_and_for_others(
    ring: KeyRing,
    signer: TokenSigner,
    database: Database,
    clock: ManualClock,
    *,
    issuer: str,
    audience: str,
) -> None:
    own = OwnAccess(database, signer, clock, audience="waybill")
    other = TokenSigner(ring, clock, issuer=issuer, audience=audience)
    token = await other.access_token(SERVICE, "shop", ["orders:read"])
    with pytest.raises(ProblemError):
        await own.identify(f"Bearer {token}")
