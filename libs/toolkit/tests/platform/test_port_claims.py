"""Platforms that start at the same time have different ports."""

import subprocess
import sys
from itertools import pairwise
from typing import Final
from uuid import uuid4

from waybill_toolkit.platform.plan import free_port_base
from waybill_toolkit.platform.ports import claim

CLAIM: Final = (
    "import sys; from waybill_toolkit.platform.ports import claim; print(claim(sys.argv[1]))"
)


def test_what_a_running_process_has_claimed_is_not_claimed_again() -> None:
    name = f"test-{uuid4()}"
    assert _claimed_by_another_process(name)
    assert claim(name)
    assert not claim(name)
    assert not _claimed_by_another_process(name)


def test_no_two_bases_share_a_port() -> None:
    bases = sorted(free_port_base() for _ in range(20))
    assert all(later - earlier >= 32 for earlier, later in pairwise(bases))


def _claimed_by_another_process(name: str) -> bool:
    command = [sys.executable, "-c", CLAIM, name]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return run.stdout == "True\n"
