"""The foreground of `waybill up`: shows the start and the log, forwards Ctrl-C."""

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from rich.console import Console

from waybill_toolkit.platform import launcher
from waybill_toolkit.platform.console import StartView, show_addresses
from waybill_toolkit.platform.data_folder import DataFolder
from waybill_toolkit.platform.errors import StartError
from waybill_toolkit.platform.handle import Platform, why_it_ended
from waybill_toolkit.platform.log_files import Follower
from waybill_toolkit.platform.plan import Plan
from waybill_toolkit.platform.state import State, Status

_LOOK_SECONDS = 0.05


class AttachedPlatform:
    def __init__(self, plan: Plan, console: Console) -> None:
        self._plan = plan
        self._console = console
        self._folder = DataFolder(plan.data)
        self._log = Follower(self._folder.log(launcher.SUPERVISOR_LOG), from_end=True)
        self._began = time.monotonic()

    def up(self, *, fresh: bool, detach: bool) -> None:
        """Start everything; return when it is ready (`detach`) or stopped.

        Raises PlatformError when it cannot start or ends unexpectedly.
        """
        supervisor = launcher.launch(self._plan, fresh=fresh, dies_with_us=not detach)
        _pass_on_signals(supervisor)
        if self._until_ready(supervisor):
            self._show_addresses()
            if detach:
                self._console.print("It runs in the background; `waybill down` stops it.")
                return
            self._console.print("Ctrl-C stops everything.")
            self._stay(supervisor)
        self._judge(supervisor)
        if detach:
            raise StartError("It was stopped before it was ready.")

    @contextmanager
    def attend(self, *, fresh: bool = False) -> Iterator[Platform]:
        """Run a platform during the block, and show its start. The caller handles Ctrl-C.

        Raises PlatformError when it cannot start.
        """
        supervisor = launcher.launch(self._plan, fresh=fresh, dies_with_us=True)
        try:
            if not self._until_ready(supervisor):
                self._judge(supervisor)
            self._show_addresses()
            yield Platform.load(self._plan.data)
        finally:
            launcher.stop(self._plan.data)
            supervisor.wait()

    def _show_addresses(self) -> None:
        platform = Platform.load(self._plan.data)
        show_addresses(self._console, platform, time.monotonic() - self._began)

    def _until_ready(self, supervisor: subprocess.Popen[bytes]) -> bool:
        with StartView(self._console) as view:
            while supervisor.poll() is None:
                state = State.read(self._folder.state_file)
                if state:
                    view.show(state)
                if state and state.status is Status.READY:
                    self._log.read()
                    return True
                self._print_news()
                time.sleep(_LOOK_SECONDS)
        self._print_news()
        return False

    def _stay(self, supervisor: subprocess.Popen[bytes]) -> None:
        while supervisor.poll() is None:
            self._print_news()
            time.sleep(_LOOK_SECONDS)
        self._print_news()

    def _print_news(self) -> None:
        for line in self._log.read():
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _judge(self, supervisor: subprocess.Popen[bytes]) -> None:
        supervisor.wait()
        launcher.end_remains(self._folder)
        state = State.read(self._folder.state_file)
        if state is None or state.status is not Status.STOPPED:
            raise StartError(why_it_ended(self._folder))


def _pass_on_signals(supervisor: subprocess.Popen[bytes]) -> None:
    """Stop on Ctrl-C: gracefully on the first, immediately on the second."""

    def pass_on(_number: int, _frame: FrameType | None) -> None:
        supervisor.send_signal(signal.SIGTERM)

    signal.signal(signal.SIGINT, pass_on)
    signal.signal(signal.SIGTERM, pass_on)
