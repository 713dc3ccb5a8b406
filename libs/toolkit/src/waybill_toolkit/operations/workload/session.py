"""The platform for commands: started unless it runs, and stopped on request."""

import asyncio
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import asyncpg
from rich.console import Console

from waybill.postgres import DatabaseUnavailableError
from waybill.security_log.heads import HeadKey, WrongKeyError
from waybill_toolkit.command_line.explained import explained
from waybill_toolkit.operations.audit import Report, audit
from waybill_toolkit.operations.audit.receivers import event_types_received
from waybill_toolkit.operations.audit.run import AUDITED_FIRST, services_of
from waybill_toolkit.operations.audit.security_log import differences_from_heads
from waybill_toolkit.operations.workload.client import Client
from waybill_toolkit.operations.workload.service import ServiceError
from waybill_toolkit.operations.workload.tokens import tokens_of
from waybill_toolkit.platform.access import with_access
from waybill_toolkit.platform.attached import AttachedPlatform
from waybill_toolkit.platform.errors import NotRunningError, PlatformError, StartError
from waybill_toolkit.platform.handle import START_SECONDS, Platform
from waybill_toolkit.platform.plan import GATEWAY, Plan
from waybill_toolkit.platform.source_tree import tree_root
from waybill_toolkit.platform.state import Status
from waybill_toolkit.platform.waiting import wait_until

SETTLE_SECONDS: Final = 60.0  # equal to GRACE; a longer wait would show nothing more

_LOOK_SECONDS: Final = 0.25
_OURS: Final = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def errors_reported() -> Iterator[None]:
    """Report errors as one sentence and exit with status 1."""
    with explained():
        try:
            yield
        except ServiceError as error:
            raise PlatformError(str(error)) from error


@contextmanager
def running_platform(
    folder: Path, port_base: int, console: Console, *, stop: bool
) -> Iterator[Platform]:
    """Return the platform that runs on a data folder, or start one.

    A platform that was started here keeps running, or is stopped at the end with `stop`.
    """
    platform = _running(folder)
    if platform:
        yield platform
        return
    plan = with_access(Plan.of(folder, tree_root() / "services", port_base))
    attendant = AttachedPlatform(plan, console)
    if stop:
        with attendant.attend() as platform:
            yield platform
    else:
        with _signals_kept():
            attendant.up(fresh=False, detach=True)
        yield Platform.load(folder)


def client_of(platform: Platform) -> Client:
    """Return a client of a running platform, which calls the gateway."""
    gateway = platform.addresses[GATEWAY]
    return Client(gateway, gateway, gateway, tokens=tokens_of(platform))


def databases_of(platform: Platform) -> dict[str, str]:
    """Return the addresses of the databases of a running platform, by their names."""
    return platform.all_databases()


def databases_in(folder: Path) -> dict[str, str]:
    """Read addresses from a folder with a file for each service. Raises PlatformError."""
    try:
        # A Secret is mounted with links to hidden folders.
        found = {path.name: path.read_text("utf-8").strip() for path in folder.glob("[!.]*")}
    except OSError as error:
        raise PlatformError(f"{error.filename} cannot be read: {error.strerror}.") from error
    if AUDITED_FIRST not in found:
        raise PlatformError(
            f"There is no file {AUDITED_FIRST} in {folder}: --databases is a folder with the"
            " address of each service's database, in a file with the name of the service."
        )
    return found


async def audit_of(platform: Platform) -> Report:
    """Audit the databases of a running platform. Raises PlatformError."""
    return await audit_databases(databases_of(platform))


async def audit_databases(databases: Mapping[str, str]) -> Report:
    """Audit databases by their addresses. Raises PlatformError."""
    try:
        return await audit(databases, event_types_received(services_of(databases)))
    except (
        OSError,
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
        asyncpg.InternalClientError,
    ) as error:
        raise PlatformError(
            f"The databases are unavailable; retry when all of them run: {error}."
        ) from error


def compare_heads(
    databases: Mapping[str, str], files: Sequence[Path], key_file: Path | None
) -> list[str] | None:
    """Compare the security logs with their signed heads; None without any. Raises PlatformError."""
    if not files and key_file is None:
        return None
    if not files or key_file is None:
        raise PlatformError("Give both --heads and --head-key.")
    try:
        return differences_from_heads(databases, files, HeadKey(key_file.read_bytes()))
    except WrongKeyError as error:
        raise PlatformError(f"{key_file}: {error}.") from error
    except OSError as error:
        raise PlatformError(f"{error.filename} cannot be read: {error.strerror}.") from error
    except (DatabaseUnavailableError, asyncpg.PostgresError) as error:
        raise PlatformError(f"A database is unavailable: {error}.") from error


async def audit_when_settled(platform: Platform, settle_seconds: float = SETTLE_SECONDS) -> Report:
    """Audit when nothing is in progress, such as payments of the last orders.

    After the timeout the report has what is still in progress. Raises PlatformError.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + settle_seconds
    while True:
        began = loop.time()
        report = await audit_of(platform)
        if report.moving.is_nothing or loop.time() > deadline:
            return report
        # An audit of many orders slows down the services that it waits for.
        await asyncio.sleep(max(_LOOK_SECONDS, loop.time() - began))


def _running(folder: Path) -> Platform | None:
    """Return the running platform when it is ready; another command may be starting it."""
    try:
        platform = Platform.load(folder)
        wait_until(lambda: platform.state().status is Status.READY, START_SECONDS)
        return Platform.load(folder)
    except NotRunningError:
        return None
    except TimeoutError as error:
        raise StartError(f"The platform on {folder} is not ready; see `waybill status`.") from error


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Restore the signal handlers afterwards; during the start, Ctrl-C stops the platform."""
    handlers = {number: signal.getsignal(number) for number in _OURS}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
