"""What a process says of itself: its version, processor time and memory."""

import os
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from waybill.metrics import Sample
from waybill.process.metrics import BACKGROUND_SILENT, BUILD_INFO, CPU, MEMORY, STARTED
from waybill.process.worker_process import Child


def _version() -> str:
    try:
        return version("waybill")
    except PackageNotFoundError:  # run from a source tree that is not installed
        return "unknown"


_PYTHON: Final = ".".join(map(str, sys.version_info[:3]))
_VERSION: Final = _version()
"""Read when the module is loaded: what reads it takes 0.6 MB, which forked services share."""

_STATM: Final = Path("/proc/self/statm")
_STAT: Final = Path("/proc/self/stat")
_UPTIME: Final = Path("/proc/uptime")
_TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")
_IMPORTED_AT: Final = time.time()


def own_readings(
    service: str, of_service: Callable[[], Iterable[Sample]], child: Child | None
) -> Iterator[Sample]:
    """Read the values of the serving process, and those of the service."""
    yield BUILD_INFO.of(1, service, _VERSION, _PYTHON)
    yield from process_readings()
    if child is not None:
        yield BACKGROUND_SILENT.of(child.silent_seconds)
    yield from of_service()


def process_readings() -> Iterator[Sample]:
    """Read the values that each process has."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    yield CPU.of(used.ru_utime + used.ru_stime)
    yield STARTED.of(_started_at(os.getpid()))
    if (pages := _resident_pages()) is not None:
        yield MEMORY.of(pages * resource.getpagesize())


def _resident_pages() -> int | None:
    """Return None where there is no /proc, as on macOS."""
    try:
        return int(_STATM.read_text().split()[1])
    except OSError:
        return None


@cache
def _started_at(_pid: int) -> float:
    """Return the start of this process; of the one that loaded this module without /proc."""
    try:
        ticks = int(_STAT.read_text().rpartition(")")[2].split()[19])
        uptime = float(_UPTIME.read_text().split()[0])
    except OSError:
        return _IMPORTED_AT
    return time.time() - uptime + ticks / _TICKS_PER_SECOND
