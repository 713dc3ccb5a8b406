"""Which services a pod reaches: it tries to connect to each, as a program in it could."""

import json
from collections.abc import Mapping
from typing import Final

from tests.cluster.installed.release import NAME, Release

_SECONDS: Final = 4
_PROGRAM: Final = """\
import json, socket, sys
from concurrent.futures import ThreadPoolExecutor

def connects(target):
    try:
        socket.create_connection(target, timeout={seconds}).close()
    except OSError:
        return False
    return True

targets = json.loads(sys.argv[1])
with ThreadPoolExecutor(len(targets)) as threads:
    print(json.dumps(list(threads.map(lambda name: connects(tuple(targets[name])), targets))))
"""


def reached(release: Release, service: str, targets: Mapping[str, tuple[str, int]]) -> set[str]:
    """Return which of the targets, by name, a pod of a service can connect to."""
    program = _PROGRAM.replace("{seconds}", str(_SECONDS))
    said = release.kubectl(
        "exec", f"deployment/{NAME}-{service}", "--",
        "python3", "-c", program, json.dumps(dict(targets)),
    )  # fmt: skip
    return {name for name, connects in zip(targets, json.loads(said), strict=True) if connects}
