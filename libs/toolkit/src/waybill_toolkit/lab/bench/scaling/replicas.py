"""Further processes of a service of a running platform."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import Final

from waybill_toolkit.platform.handle import READY_AGAIN_SECONDS, Platform
from waybill_toolkit.platform.ports import LOOPBACK, free_port
from waybill_toolkit.platform.waiting import wait_until

_STOP_SECONDS: Final = 20.0
_JOIN_SECONDS: Final = 8.0
"""Joining the group of a service rebalances it: two session timeouts, and a little."""


@contextmanager
def replicas(platform: Platform, service: str, count: int) -> Iterator[Mapping[str, int]]:
    """Run `count` processes of a service, one of which is the platform's; return the others.

    By their names, such as "inventory, replica 2". Raises TimeoutError when one is not ready.
    """
    with ExitStack() as stack:
        found = {
            f"{service}, replica {number}": stack.enter_context(_replica(platform, service))
            for number in range(2, count + 1)
        }
        if found:
            time.sleep(_JOIN_SECONDS)
        yield found


@contextmanager
def _replica(platform: Platform, service: str) -> Iterator[int]:
    port = free_port()
    environment = {**os.environ, **platform.variables(service), "WAYBILL_PORT": str(port)}
    log = platform.folder / "logs" / f"{service}-replica.log"
    with log.open("ab") as file:
        process = subprocess.Popen(  # noqa: S603 - our own services
            [sys.executable, "-m", service], env=environment, stdout=file, stderr=file
        )
        try:
            url = f"http://{LOOPBACK}:{port}/health/ready"
            wait_until(
                lambda: _is_ready(url), READY_AGAIN_SECONDS, f"{service} to be ready; see {log}"
            )
            yield process.pid
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_STOP_SECONDS)
            process.kill()
            process.wait()


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except OSError:
        return False
