"""A started process in the supervisor: its pid and a future with its exit code."""

import asyncio
import os
import signal
import subprocess
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Child:
    pid: int
    ended: asyncio.Future[int]  # its exit code; negative: the signal that ended it

    def signal(self, number: signal.Signals) -> None:
        """Send a signal unless it has ended. Its pid is not reused before it is reaped."""
        if not self.ended.done():
            os.kill(self.pid, number)


def watch(process: subprocess.Popen[bytes]) -> Child:
    """Resolve `ended` in the running event loop when the child ends."""
    loop = asyncio.get_running_loop()
    child = Child(process.pid, loop.create_future())
    descriptor = os.pidfd_open(process.pid)

    def reap() -> None:
        loop.remove_reader(descriptor)
        os.close(descriptor)
        child.ended.set_result(process.wait())

    loop.add_reader(descriptor, reap)
    return child


def describe(exit_code: int) -> str:
    """Describe how a process ended, as the end of a sentence."""
    if exit_code < 0:
        return f"was ended by {signal.Signals(-exit_code).name}"
    return f"ended with exit status {exit_code}"
