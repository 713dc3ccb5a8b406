"""The keys of an issuer are read in time, not too often, and kept while it is away."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr

from waybill.clock import ManualClock, SystemClock
from waybill.http.issuer_keys import (
    SERVES_WITHOUT_AFTER,
    STALE_AFTER,
    IssuerError,
    IssuerKeys,
)
from waybill.http.problems import ProblemError
from waybill.http.tokens import TokenAccess
from waybill.process.admission import admission_of
from waybill.process.settings import Settings
from waybill_toolkit.testing.eventually import eventually
from waybill_toolkit.testing.fake_issuer import FakeIssuer


async def refuse(access: TokenAccess, token: str) -> None:
    with pytest.raises(ProblemError) as refused:
        await access.identify(f"Bearer {token}")
    assert refused.value.problem.status == 401


async def test_new_key_is_read_when_a_token_names_it(
    access: TokenAccess, issuer: FakeIssuer, clock: ManualClock
) -> None:
    await access.identify(f"Bearer {issuer.token()}")
    issuer.keys["next"] = ec.generate_private_key(ec.SECP256R1())
    clock.advance(timedelta(seconds=11))

    principal = await access.identify(f"Bearer {issuer.token('next')}")
    assert principal.subject == "user:1"


async def test_unknown_keys_do_not_load_the_issuer(access: TokenAccess, issuer: FakeIssuer) -> None:
    await access.identify(f"Bearer {issuer.token()}")
    reads = issuer.reads
    for number in range(50):
        await refuse(access, issuer.token(header={"kid": f"random-{number}"}))

    assert issuer.reads == reads


async def test_known_keys_serve_while_the_issuer_is_away_and_then_are_too_old(
    access: TokenAccess, keys: IssuerKeys, issuer: FakeIssuer, clock: ManualClock
) -> None:
    await access.identify(f"Bearer {issuer.token()}")
    await keys.check()
    issuer.is_away = True
    clock.advance(timedelta(minutes=9))
    await keys.check()
    fresh = issuer.token(exp=int(clock.now().timestamp()) + 3_600)
    assert (await access.identify(f"Bearer {fresh}")).subject == "user:1"

    clock.advance(timedelta(minutes=2))
    with pytest.raises(IssuerError, match="cannot be read"):
        await keys.check()
    issuer.is_away = False

    async def is_recent() -> bool:
        with suppress(IssuerError):
            await keys.check()
            return True
        return False

    await eventually("the keys are read again", is_recent, bool)


async def test_what_leads_to_the_issuer_becomes_ready_without_it_and_stays_so(
    clock: ManualClock,
) -> None:
    keys = IssuerKeys("http://127.0.0.1:1", clock)
    with pytest.raises(IssuerError, match="not been read yet"):
        await keys.check_behind()
    clock.advance(SERVES_WITHOUT_AFTER)
    await keys.check_behind()
    with pytest.raises(IssuerError):
        await keys.check()
    clock.advance(STALE_AFTER)
    await keys.check_behind()


async def test_what_leads_to_the_issuer_is_ready_at_once_when_it_has_the_keys(
    access: TokenAccess, keys: IssuerKeys, issuer: FakeIssuer
) -> None:
    await access.identify(f"Bearer {issuer.token()}")
    await keys.check_behind()


async def test_settings_select_an_issuer_and_the_types_of_its_tokens(issuer: FakeIssuer) -> None:
    settings = Settings(
        service="orders",
        database_url=SecretStr("postgresql://localhost/orders"),
        kafka_bootstrap_servers="127.0.0.1:1",
        access=issuer.name,
        access_audience=issuer.audience,
        access_token_types="at+jwt, JWT",  # noqa: S106 (a kind, no secret)
    )
    admission = admission_of(settings)
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for part in admission.parts:
            group.create_task(part.run(stop))
        soon = int(SystemClock().now().timestamp()) + 60
        token = issuer.token(header={"typ": "JWT"}, iat=None, exp=soon)
        principal = await admission.access.identify(f"Bearer {token}")
        for check in admission.checks.values():
            await check()
        stop.set()
    assert principal.subject == "user:1"


async def test_tokens_cannot_be_checked_before_the_keys_are_read(
    issuer: FakeIssuer, clock: ManualClock
) -> None:
    access = TokenAccess(IssuerKeys(issuer.name, clock), issuer.name, issuer.audience, clock)
    with pytest.raises(ProblemError) as refused:
        await access.identify(f"Bearer {issuer.token()}")

    assert refused.value.problem.status == 503
    assert "have not been read yet" in refused.value.problem.detail


async def test_issuer_with_another_name_is_not_believed(
    issuer: FakeIssuer, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    issuer.name, address = "https://real.example", issuer.name
    other = IssuerKeys(address, clock)
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(other.run(stop))

        async def logged() -> str:
            return caplog.text

        await eventually("it is logged", logged, lambda text: "it calls itself" in text)
        stop.set()
    with pytest.raises(IssuerError):
        await other.check()
