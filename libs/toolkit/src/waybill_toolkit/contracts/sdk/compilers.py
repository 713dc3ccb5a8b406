"""Runs the compilers of Go and Java for tests, where they are installed."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

NEEDED: Final = {"go": ("go", "gofmt"), "java": ("javac", "java")}
"""The required programs of each language."""

QUICK_START: Final = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""Halves the time of a short Java program."""

RUN_SECONDS_MAX: Final = 120.0


def why_not(language: str) -> str | None:
    """Return why nothing can be compiled here; None when it can."""
    missing = [name for name in NEEDED[language] if shutil.which(name) is None]
    return f"{missing[0]} is not installed" if missing else None


@dataclass(frozen=True, slots=True)
class Compiler:
    """Compiles programs against a package and runs them. Warnings count as errors."""

    language: str
    package: Path
    folder: Path
    """The folder for programs; empty at first."""

    def check(self) -> None:
        """Check the package with the language's tools. Raises ValueError with all messages."""
        _CHECKS[self.language](self)

    def compile(self, name: str, source: str) -> list[str]:
        """Return the command that runs a program. Raises ValueError with all messages."""
        return _PROGRAMS[self.language](self, name, source)

    @property
    def classes(self) -> Path:
        """The folder with the classes of the package (Java)."""
        return self.folder / "package-classes"


def run(command: list[str], *arguments: str, text: str = "") -> str:
    """Run a program and return its output. Raises ValueError with its error output."""
    return _run([*command, *arguments], text=text)


def _check_go(compiler: Compiler) -> None:
    _go("vet", "./...", folder=compiler.package)
    if unformatted := _run(["gofmt", "-d", "."], folder=compiler.package):
        raise ValueError(unformatted)


def _check_java(compiler: Compiler) -> None:
    _javac("-d", compiler.classes, *sorted(compiler.package.rglob("*.java")))


def _go_program(compiler: Compiler, name: str, source: str) -> list[str]:
    module = compiler.folder / name
    module.mkdir()
    (module / "go.mod").write_text(
        "module program\n\ngo 1.24\n\nrequire example.com/waybill v0.0.0\n\n"
        f"replace example.com/waybill => {compiler.package}\n"
    )
    (module / "main.go").write_text(source, encoding="utf-8")
    _go("vet", "./...", folder=module)
    _go("build", "-o", "program", ".", folder=module)
    return [str(module / "program")]


def _java_program(compiler: Compiler, name: str, source: str) -> list[str]:
    found = re.search(r"^public class (\w+)", source, re.MULTILINE)
    main = found[1] if found else name
    (compiler.folder / f"{main}.java").write_text(source, encoding="utf-8")
    options = ["-cp", str(compiler.classes), "-d", str(compiler.folder)]
    _javac(*options, compiler.folder / f"{main}.java")
    path = os.pathsep.join(map(str, (compiler.classes, compiler.folder)))
    return ["java", *QUICK_START, "-Dfile.encoding=UTF-8", "-cp", path, main]


_CHECKS: Final[Mapping[str, Callable[[Compiler], None]]] = {
    "go": _check_go,
    "java": _check_java,
}
_PROGRAMS: Final[Mapping[str, Callable[[Compiler, str, str], list[str]]]] = {
    "go": _go_program,
    "java": _java_program,
}


def _go(*arguments: object, folder: Path) -> None:
    """Run go without network access."""
    variables = {"GOFLAGS": "", "GOPROXY": "off", "GOTOOLCHAIN": "local", "GOWORK": "off"}
    _run(["go", *arguments], folder=folder, variables=variables)


def _javac(*arguments: object) -> None:
    options = (
        *(f"-J{each}" for each in QUICK_START),
        "--release",
        "17",
        "-encoding",
        "UTF-8",
        "-Xlint:all",
        "-Werror",
    )
    _run(["javac", *options, *arguments])


def _run(
    command: list[object] | list[str],
    folder: Path | None = None,
    variables: Mapping[str, str] | None = None,
    text: str = "",
) -> str:
    done = subprocess.run(  # noqa: S603 (compilers, and what they made)
        [str(each) for each in command],
        check=False,
        cwd=folder,
        env={**os.environ, **(variables or {})},
        input=text,
        capture_output=True,
        encoding="utf-8",
        timeout=RUN_SECONDS_MAX,
    )
    if done.returncode:
        raise ValueError(f"{command[0]}: {done.stdout}{done.stderr}")
    return done.stdout
