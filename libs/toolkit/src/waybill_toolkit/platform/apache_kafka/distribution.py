"""Where Apache Kafka is: the Java that runs it, and its jars, which Maven fetches once."""

import os
import re
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Final

from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.source_tree import tree_root

VERSION: Final = "4.4.0"
"""The version in pom.xml."""
_JAVA_MIN: Final = 17
_FETCH_SECONDS: Final = 600.0  # 54 MB, in 15 s where Maven's cache is empty
_POM: Final = files("waybill_toolkit.platform.apache_kafka") / "pom.xml"


def ensure_kafka(jars: Path) -> None:
    """Fetch the jars into a folder if they are not there.

    Raises PlatformError when Java or Maven is missing or too old, or the jars cannot be fetched.
    """
    _require_java()
    if not jars.is_dir():
        _fetch(jars)


def jars_folder() -> Path:
    """Return where the jars are kept: one folder for all platforms of a tree."""
    return tree_root() / ".waybill" / "cache" / f"kafka-{VERSION}"


def java() -> str:
    """Return the program: that of JAVA_HOME if it is set."""
    home = os.environ.get("JAVA_HOME")
    return str(Path(home, "bin", "java")) if home else "java"


def _require_java() -> None:
    advice = f"--broker kafka needs Java {_JAVA_MIN} or newer: install it, or set JAVA_HOME."
    try:
        shown = subprocess.run(  # noqa: S603 - a fixed command
            [java(), "-version"], capture_output=True, text=True, check=True
        ).stderr
    except (OSError, subprocess.CalledProcessError):
        raise PlatformError(f"Java cannot be started. {advice}") from None
    version = re.search(r'version "(\d+)', shown)
    if version is None or int(version[1]) < _JAVA_MIN:
        raise PlatformError(f"Java is too old: {shown.splitlines()[0]}. {advice}")


def _fetch(folder: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise PlatformError(
            "The jars of Apache Kafka are missing and Maven (mvn), which fetches them, is not "
            "installed: install it, or leave --broker away to use the embedded broker."
        )
    partial = folder.with_name(f"{folder.name}.{os.getpid()}")
    partial.mkdir(parents=True)
    pom = partial / "pom.xml"
    pom.write_bytes(_POM.read_bytes())
    command = [
        maven, "--quiet", "--batch-mode", "--file", str(pom), "dependency:copy-dependencies",
        f"-DoutputDirectory={partial}", "-DincludeScope=runtime",
    ]  # fmt: skip
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command
            command, capture_output=True, text=True, check=False, timeout=_FETCH_SECONDS
        )
        if done.returncode != 0:
            lines = [line for line in done.stdout.splitlines() if line.startswith("[ERROR]")]
            reason = lines[0].removeprefix("[ERROR] ") if lines else f"exit {done.returncode}"
            raise PlatformError(f"Maven could not fetch Apache Kafka {VERSION}: {reason}")
        _publish(partial, folder)
    except subprocess.TimeoutExpired:
        raise PlatformError(
            f"Maven did not fetch Apache Kafka {VERSION} within {_FETCH_SECONDS:.0f} s; try again."
        ) from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _publish(partial: Path, folder: Path) -> None:
    """Give the complete folder its name, unless another process was faster."""
    try:
        partial.replace(folder)
    except OSError:
        if not folder.is_dir():
            raise
