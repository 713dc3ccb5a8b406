"""Logging in, and guessing: limits hold for known and unknown accounts alike."""

import asyncio
from datetime import timedelta

import pyotp
import pytest
import pytest_asyncio
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from identity import passwords as stored
from identity.attempts import ATTEMPTS_MAX, WINDOW
from identity.commands.log_in import LogIn, Login, Opened
from identity.passwords import QUEUE_MAX, THREADS, Passwords
from identity.testing.people import People
from identity.totp import STEP_SECONDS, Totp
from identity.vault import Vault
from waybill.clock import ManualClock
from waybill.http.problems import ProblemError
from waybill.postgres import Database

ALICE = "alice@example.com"
PASSWORD = "correct horse battery"  # noqa: S105 (of a user that only tests create)


@pytest.fixture
def people(database: Database, vault: Vault, clock: ManualClock) -> People:
    return People(database, vault, clock.now())


@pytest.fixture
def hashes() -> Passwords:
    return Passwords(memory_kib=1024)


@pytest.fixture
def log_in(database: Database, vault: Vault, hashes: Passwords) -> LogIn:
    return LogIn(database, vault, hashes)


@pytest_asyncio.fixture
async def alice(people: People, database: Database, hashes: Passwords) -> People:
    user_id = await people.user(email=ALICE)
    hashed = await hashes.hash(PASSWORD)
    async with database.transaction() as tx:
        await stored.set_hash(tx, user_id, hashed)
    return people


def login(
    email: str = ALICE, password: str = PASSWORD, code: str | None = None, address: str = "::1"
) -> Login:
    return Login(email, password, code, address)


@pytest.mark.usefixtures("alice")
async def test_the_right_password_opens_a_new_session_each_time(
    log_in: LogIn, clock: ManualClock
) -> None:
    opened = [await log_in(login(email=" Alice@Example.com"), now=clock.now()) for _ in range(7)]

    assert all(isinstance(each, Opened) for each in opened)
    assert len({each.cookie for each in opened if isinstance(each, Opened)}) == 7


@pytest.mark.usefixtures("alice")
@pytest.mark.parametrize("email", [ALICE, "nobody@example.com"])
async def test_five_guesses_a_minute_are_checked_when_the_account_exists_and_when_not(
    log_in: LogIn, clock: ManualClock, email: str
) -> None:
    outcomes = [
        await log_in(login(email, "wrong password", address=f"10.0.0.{each}"), now=clock.now())
        for each in range(7)
    ]
    assert outcomes == ["wrong"] * ATTEMPTS_MAX + ["too many attempts"] * 2
    clock.advance(WINDOW + timedelta(seconds=1))
    assert await log_in(login(email, "wrong password"), now=clock.now()) == "wrong"


@pytest.mark.usefixtures("alice")
async def test_an_unknown_account_takes_as_long_as_a_known_one(
    log_in: LogIn, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []

    def verify(_: PasswordHasher, stored: str, password: str) -> bool:
        hashed.append(stored.rpartition("$")[0].rpartition("$")[0])
        raise VerificationError(password)

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    for email in (ALICE, "nobody@example.com"):
        assert await log_in(login(email), now=clock.now()) == "wrong"
    known, unknown = hashed
    assert unknown == known  # with the same cost


@pytest.mark.usefixtures("alice")
async def test_twenty_guesses_at_once_get_no_more_than_five(
    log_in: LogIn, clock: ManualClock
) -> None:
    outcomes = await asyncio.gather(
        *(
            log_in(login(ALICE, "wrong password", address=str(each)), now=clock.now())
            for each in range(15)
        )
    )
    assert outcomes.count("wrong") == ATTEMPTS_MAX


async def test_one_address_gets_five_guesses_for_all_accounts(
    log_in: LogIn, clock: ManualClock
) -> None:
    outcomes = [
        await log_in(login(f"{each}@example.com", "wrong password"), now=clock.now())
        for each in range(6)
    ]
    assert outcomes == ["wrong"] * ATTEMPTS_MAX + ["too many attempts"]


@pytest.mark.usefixtures("alice")
async def test_sessions_stay_open_while_others_guess(
    log_in: LogIn, clock: ManualClock, database: Database
) -> None:
    opened = await log_in(login(), now=clock.now())
    assert isinstance(opened, Opened)
    for each in range(8):
        await log_in(login(ALICE, "wrong password", address=str(each)), now=clock.now())

    async with database.connection() as connection:
        ended = await connection.fetchval("select count(ended_at) from sessions")
    assert ended == 0


async def test_hashing_is_refused_when_too_many_wait(hashes: Passwords) -> None:
    outcomes = await asyncio.gather(
        *(hashes.verify(None, "a password") for _ in range(THREADS + QUEUE_MAX + 5)),
        return_exceptions=True,
    )

    refused = [each for each in outcomes if isinstance(each, ProblemError)]
    assert len(refused) == 5
    assert {each.problem.status for each in refused} == {503}
    assert await hashes.verify(None, "a password") is False


async def test_a_code_is_needed_and_used_once_when_one_time_passwords_are_on(
    alice: People, log_in: LogIn, database: Database, vault: Vault, clock: ManualClock
) -> None:
    totp, secret = Totp(vault), ""
    async with database.transaction() as tx:
        user_id = await tx.fetchval("select user_id from users")
        secret = await totp.enrol(tx, user_id) or ""
        first = pyotp.TOTP(secret).at(clock.now())
        codes = await totp.confirm(tx, user_id, first, clock.now())
    assert codes is not None

    assert await log_in(login(), now=clock.now()) == "code needed"
    assert await log_in(login(code=first), now=clock.now()) == "wrong"
    clock.advance(timedelta(seconds=2 * STEP_SECONDS))
    code = pyotp.TOTP(secret).at(clock.now())
    opened = await log_in(login(code=code), now=clock.now())
    assert isinstance(opened, Opened)
    assert opened.session.amr == ("pwd", "otp")
    assert await log_in(login(code=code), now=clock.now()) == "wrong"
    clock.advance(WINDOW + timedelta(seconds=1))
    assert isinstance(await log_in(login(code=codes[0]), now=clock.now()), Opened)
    assert await log_in(login(code=codes[0]), now=clock.now()) == "wrong"


async def test_codes_are_guessed_five_times_a_minute(
    alice: People, log_in: LogIn, database: Database, vault: Vault, clock: ManualClock
) -> None:
    totp = Totp(vault)
    async with database.transaction() as tx:
        user_id = await tx.fetchval("select user_id from users")
        secret = await totp.enrol(tx, user_id) or ""
        await totp.confirm(tx, user_id, pyotp.TOTP(secret).at(clock.now()), clock.now())

    outcomes = [
        await log_in(login(code="000000", address=str(each)), now=clock.now()) for each in range(6)
    ]
    assert outcomes == ["wrong"] * ATTEMPTS_MAX + ["too many attempts"]


async def test_secrets_of_one_time_passwords_are_encrypted(
    alice: People, database: Database, vault: Vault
) -> None:
    async with database.transaction() as tx:
        user_id = await tx.fetchval("select user_id from users")
        secret = await Totp(vault).enrol(tx, user_id)
        rows = await tx.fetch("select * from totp")
        people = await tx.fetch("select * from users")
    assert secret
    assert secret not in repr([dict(row) for row in rows])
    assert ALICE not in repr([dict(row) for row in people])
