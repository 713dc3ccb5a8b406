"""The commands of the page for newcomers work."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from waybill_toolkit.platform.handle import Platform

PAGE: Final = Path(__file__).parents[2] / "docs" / "start.md"


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_the_commands_of_the_page_confirm_an_order(guarded_platform: Platform) -> None:
    commands = "\n".join(re.findall(r"```bash\n(.*?)```", PAGE.read_text(), re.DOTALL))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        env={
            **os.environ,
            "WAYBILL": guarded_platform.addresses["gateway"],
            "WAYBILL_DATA": str(guarded_platform.folder),
        },
        cwd=PAGE.parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"status":"placed"' in done.stdout
    assert '"status":"confirmed"' in done.stdout
    assert '"committed":2' in done.stdout
