"""Creates and destroys the keys that encrypt payment tokens.

Every `period` there is a new key. A key is destroyed when it was superseded GRACE ago, so that no
open transaction uses it, and no order has a token of it. From then on the
tokens in outbox, topics and backups are unreadable. While the database is down no key is destroyed.
"""

import asyncio
import logging
import os
import secrets
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final

from waybill.backoff import Backoff, pause
from waybill.clock import Clock
from waybill.key_files import KEY_BYTES, SUFFIX
from waybill.postgres import Database, DatabaseUnavailableError

_log: Final = logging.getLogger(__name__)

GRACE: Final = timedelta(minutes=2)
"""Longer than the transaction that places orders: three statements of up to 30 s."""

_NAME: Final = "%Y%m%dT%H%M%SZ"
_USED: Final = """
    select distinct split_part(sealed_token, '.', 3) as key
    from orders where status in ('placed', 'cancelling') and sealed_token is not null
"""


class KeyRotation:
    """A background part of orders. Several replicas may share a folder."""

    name: Final = "token keys"

    def __init__(self, database: Database, folder: Path, clock: Clock, period: timedelta) -> None:
        self._database = database
        self._folder = folder
        self._clock = clock
        self._period = period
        self._backoff = Backoff(_log, self.name)

    async def run(self, stop: asyncio.Event) -> None:
        """Rotate until `stop` is set. A folder that cannot be written is logged and retried."""
        while not stop.is_set():
            try:
                await self.rotate()
            except (OSError, DatabaseUnavailableError) as error:
                await self._backoff.wait(error, stop)
            else:
                self._backoff.reset()
                await pause(stop, self._period.total_seconds() / 4)

    async def rotate(self) -> None:
        """Create and destroy the keys that are due. Raises OSError, DatabaseUnavailableError."""
        self.create_when_due()
        async with self._database.connection() as connection:
            used = {row["key"] for row in await connection.fetch(_USED)}
        self._destroy(used)

    def create_when_due(self) -> None:
        """Create a key if there is none, or if the newest is a period old. Raises OSError."""
        now = self._clock.now()
        keys = _created(self._folder)
        if not keys or now - max(keys) >= self._period:
            _create(self._folder / f"{now.astimezone(UTC):{_NAME}}{SUFFIX}")

    def _destroy(self, used: Collection[str]) -> None:
        superseded_before = self._clock.now() - GRACE
        for created, superseded in pairwise(sorted(_created(self._folder))):
            name = f"{created:{_NAME}}"
            if superseded <= superseded_before and name not in used:
                (self._folder / f"{name}{SUFFIX}").unlink(missing_ok=True)
                _log.info("destroyed a key of payment tokens", extra={"key": name})


def _created(folder: Path) -> list[datetime]:
    return [
        datetime.strptime(path.stem, _NAME).replace(tzinfo=UTC)
        for path in folder.glob(f"*{SUFFIX}")
    ]


def _create(path: Path) -> None:
    """Create a key file, completely or not at all. Another replica may have created it."""
    draft = path.with_suffix(f".{os.getpid()}.draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{secrets.token_hex(KEY_BYTES)}\n")
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
