"""Compiles a program together with the client that a generator wrote for it."""

import json
import os
import shutil
from pathlib import Path
from typing import Final

from tests.outside.tools import CLIENTS, PINS, run

from waybill_toolkit.contracts.node.packages import NodePackages

CLASSPATH: Final = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath"


def go_program(folder: Path, client: str) -> list[Path]:
    """Compile a program; the generated package is in a folder of its own below `folder`."""
    for name in ("go.mod", "go.sum"):
        shutil.copy(PINS / "go" / name, folder)
    shutil.copy(CLIENTS / client, folder / "main.go")
    run("go", "vet", "./...", folder=folder)
    run("go", "build", "-o", "program", ".", folder=folder)
    return [folder / "program"]


def java_program(folder: Path, client: str, library: str) -> list[object]:
    """Compile the generated project in `folder` with its own pom.xml, and a program."""
    listed = folder / "classpath"
    maven = ("--batch-mode", "--quiet", "--no-transfer-progress", "-Dmdep.outputFile=classpath")
    run("mvn", *maven, "compile", CLASSPATH, folder=folder)
    classpath = f"{folder / 'target' / 'classes'}{os.pathsep}{listed.read_text('utf-8').strip()}"
    program = folder / "program"
    sources = (CLIENTS / "java" / f"{client}.java", CLIENTS / "java" / library / "Library.java")
    run("javac", "-Xlint:all", "-d", program, "-cp", classpath, *sources)
    return ["java", "-cp", f"{program}{os.pathsep}{classpath}", client]


def typescript_program(folder: Path, client: str, packages: NodePackages) -> list[str]:
    """Compile everything in `folder`, strictly, and a program."""
    shutil.copy(CLIENTS / client, folder / "program.ts")
    (folder / "node_modules").symlink_to(packages.folder / "node_modules")
    (folder / "package.json").write_text(json.dumps({"type": "module"}))
    options = {"target": "es2022", "module": "nodenext", "strict": True, "types": ["node"]}
    (folder / "tsconfig.json").write_text(
        json.dumps({"compilerOptions": {**options, "outDir": "out", "rootDir": "."}})
    )
    run(*packages.command("typescript/bin/tsc", "-p", str(folder)))
    return [str(packages.program.node), str(folder / "out" / "program.js")]
