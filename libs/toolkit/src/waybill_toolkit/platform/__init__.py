"""The local platform: PostgreSQL, a broker and every service, as processes of one supervisor.

    waybill up ── supervisor ─┬─ postgres
    (foreground)  (a daemon)  ├─ broker
                              └─ host ─┬─ catalog      forked from the pre-fork server,
                                       ├─ inventory    which has imported shared modules:
                                       ├─ orders       a fast start, and shared memory
                                       └─ payments

The kernel signals each process when its parent ends, so none is left running, whichever process is
killed. The supervisor writes its state to `state.json` in the data folder. Commands and tests read
that file, and communicate with the supervisor only by signals.
"""

import sys

from waybill_toolkit.platform.errors import PlatformError

OLDEST_PYTHON = (3, 11)


def refuse_unsupported_python(version: "tuple[int, int]") -> None:
    """Raise PlatformError when Waybill does not run on this version of Python."""
    if version < OLDEST_PYTHON:
        oldest, this = (".".join(map(str, numbers)) for numbers in (OLDEST_PYTHON, version))
        raise PlatformError(
            f"Waybill needs Python {oldest} or later and this is {this}: "
            "make the environment again with a newer one."
        )


try:
    refuse_unsupported_python((sys.version_info[0], sys.version_info[1]))
except PlatformError as refusal:  # before other modules fail on syntax that is too new
    raise SystemExit(str(refusal)) from None
