"""Signed heads of the security log: what the chain alone does not show."""

import asyncio
import base64
import sys
from pathlib import Path

import pytest
from joserfc.jwk import ECKey, OKPKey
from libs.common.tests.integration.security_log.conftest import NOW, Run, act, tamper

from waybill.clock import ManualClock
from waybill.postgres import Database
from waybill.security_log.checking import BREAKS, check_heads
from waybill.security_log.heads import (
    UNCHANGED_HEAD,
    ForgedHeadError,
    HeadKey,
    HeadWriter,
    WrongKeyError,
    read_heads,
)


@pytest.fixture(params=["ES256", "Ed25519"])
def pems(request: pytest.FixtureRequest) -> tuple[bytes, bytes]:
    """A private key and its public key."""
    if request.param == "ES256":
        made: ECKey | OKPKey = ECKey.generate_key("P-256")
    else:
        made = OKPKey.generate_key("Ed25519")
    return made.as_pem(private=True), made.as_pem(private=False)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "heads"


@pytest.fixture
def writer(
    database: Database, file: Path, clock: ManualClock, pems: tuple[bytes, bytes]
) -> HeadWriter:
    return HeadWriter(database, "test", file, HeadKey(pems[0]), clock)


async def difference(database: Database, file: Path, public: bytes) -> str | None:
    async with database.connection() as connection:
        return await check_heads(connection, read_heads(file, HeadKey(public)))


async def test_a_head_is_written_when_it_has_changed_or_a_day_has_passed(
    database: Database,
    chain: Run,
    writer: HeadWriter,
    file: Path,
    clock: ManualClock,
    *,
    pems: tuple[bytes, bytes],
) -> None:
    assert not await writer.write()
    await act(database, "a", "b")
    await chain()
    assert await writer.write()
    assert not await writer.write()
    await act(database, "c")
    await chain()
    assert await writer.write()
    clock.advance(UNCHANGED_HEAD)
    assert await writer.write()

    heads = list(read_heads(file, HeadKey(pems[1])))
    assert [(head.service, head.number) for head in heads] == [("test", n) for n in (2, 3, 3)]
    assert await difference(database, file, pems[1]) is None


async def test_a_cut_end_is_found_although_the_chain_is_whole(
    database: Database, chain: Run, writer: HeadWriter, file: Path, pems: tuple[bytes, bytes]
) -> None:
    await act(database, "a", "b", "c", "d")
    await chain()
    await writer.write()
    await tamper(database, "DELETE FROM security_log WHERE number > 2")
    async with database.connection() as connection:
        assert await connection.fetch(BREAKS) == []
    found = await difference(database, file, pems[1])
    assert found is not None
    assert found.startswith("entries 3 to 4 are cut off from the end")


async def test_a_log_that_was_written_again_is_found_although_its_chain_is_whole(
    database: Database, chain: Run, writer: HeadWriter, file: Path, pems: tuple[bytes, bytes]
) -> None:
    await act(database, "a", "b")
    await chain()
    await writer.write()
    await tamper(database, "UPDATE security_log SET actor = 'user:2' WHERE number = 1")
    await tamper(database, "UPDATE security_log SET number = NULL, prev = NULL, hash = NULL")
    await chain()
    async with database.connection() as connection:
        assert await connection.fetch(BREAKS) == []
    found = await difference(database, file, pems[1])
    assert found is not None
    assert found.startswith("entry 2 is another one")


async def test_a_line_is_named_when_it_is_not_signed_with_the_key(
    database: Database, chain: Run, writer: HeadWriter, file: Path, pems: tuple[bytes, bytes]
) -> None:
    await act(database, "a")
    await chain()
    await writer.write()
    _find_forged_lines(file, HeadKey(pems[1]))


def _find_forged_lines(file: Path, key: HeadKey) -> None:
    line = file.read_text()
    head, payload, signature = line.strip().split(".")
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    for wrong in (
        f"{head}.{payload[:-2]}AA.{signature}",
        "",
        "nonsense",
        f"{head}.{payload}.",
        f"{unsigned}.{payload}.",
    ):
        file.write_text(f"{line}{wrong}\n")
        with pytest.raises(ForgedHeadError, match=f"line 2 of {file}"):
            list(read_heads(file, key))
    file.write_text(line)
    other = ECKey.generate_key("P-256").as_pem(private=False)
    with pytest.raises(ForgedHeadError, match="line 1"):
        list(read_heads(file, HeadKey(other)))


async def test_heads_are_written_in_the_background_when_the_file_can_be_written_again(
    database: Database, chain: Run, tmp_path: Path, clock: ManualClock, pems: tuple[bytes, bytes]
) -> None:
    await act(database, "a")
    await chain()
    file = tmp_path / "volume" / "heads"
    writer = HeadWriter(database, "test", file, HeadKey(pems[0]), clock)
    stop = asyncio.Event()
    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        tasks.create_task(writer.run(stop))
        file.parent.mkdir()
        while not file.exists():
            await asyncio.sleep(0.01)
        stop.set()
    assert await difference(database, file, pems[1]) is None


@pytest.mark.parametrize(
    "pem",
    [b"", b"no key", ECKey.generate_key("P-384").as_pem(), OKPKey.generate_key("X25519").as_pem()],
)
def test_a_key_is_refused_when_it_cannot_sign_heads(pem: bytes) -> None:
    with pytest.raises(WrongKeyError, match="EC P-256 or an Ed25519 key"):
        HeadKey(pem)


async def test_a_service_without_heads_does_not_load_the_library_of_signatures() -> None:
    code = (
        "import sys, waybill.process.event_runtime, waybill.security_log.checking\n"
        "print('joserfc' in sys.modules, 'cryptography' in sys.modules)"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await process.communicate()
    assert printed.split() == [b"False", b"False"]
