"""Runs the Node.js linters: Redocly and the AsyncAPI parser."""

import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from waybill_toolkit.contracts.generate.bundle import Bundle, bundle
from waybill_toolkit.contracts.generate.documents import Library
from waybill_toolkit.contracts.generate.faults import ContractError, Fault, Faults
from waybill_toolkit.contracts.node.packages import NodePackages, environment
from waybill_toolkit.contracts.node.program import NodeUnavailableError

TOOLS: Final = Path(__file__).with_name("tools")
REDOCLY_RULES: Final = Path(__file__).with_name("redocly.yaml")
RUN_SECONDS_MAX: Final = 300
"""They take two seconds on an idle machine."""

_CONSEQUENCE: Final = re.compile(r'must match "(if|then|else)" schema')
"""Prefixes that the parser adds to the place of a fault."""

PROBLEMS_MAX: Final = 10_000
WARNING: Final = 1
"""The parser's severities: 0 is an error, 1 a warning, the others are ignored."""


def redocly_faults(packages: NodePackages, documents: Sequence[Path]) -> Iterator[Fault]:
    """Lint documents as they are written; references to other files are followed."""
    command = packages.command(
        "@redocly/cli/bin/cli.js",
        *("lint", "--format", "json", "--max-problems", str(PROBLEMS_MAX)),
        *("--config", str(REDOCLY_RULES), *map(str, documents)),
    )
    for report in _json_values(_run(command)):
        for problem in report["problems"]:
            place = problem["location"][0]
            path = (Path.cwd() / place["source"]["ref"]).resolve()
            line = place.get("start", {}).get("line", 1)
            yield Fault(path, line, problem["message"], f"redocly/{problem['ruleId']}")


def asyncapi_faults(packages: NodePackages, paths: Sequence[Path]) -> Iterator[Fault]:
    """Parse AsyncAPI documents, bundled; each message is mapped to its source.

    A document that cannot be bundled is left out: other checks report its faults.
    """
    bundles = {str(path): bundled for path in paths if (bundled := _bundled(path))}
    documents = {name: _as_asyncapi(bundle.content) for name, bundle in bundles.items()}
    command = [str(packages.program.node), str(TOOLS / "asyncapi.mjs"), str(packages.folder)]
    [found] = _json_values(_run(command, json.dumps(documents)))
    for name, diagnostics in found.items():
        for each in diagnostics:
            if each["severity"] <= WARNING and not _CONSEQUENCE.search(each["message"]):
                node = bundles[name].where(tuple(map(str, each["path"])))
                yield node.fault(each["message"], f"asyncapi/{each['code']}")


def _bundled(path: Path) -> Bundle | None:
    faults = Faults()
    try:
        bundled = bundle(Library().open(path), faults)
    except ContractError:
        return None
    return None if faults else bundled


def _as_asyncapi(value: Any) -> Any:  # noqa: ANN401 (JSON)
    """Convert discriminators to AsyncAPI 3: a string instead of OpenAPI's object."""
    if isinstance(value, list):
        return [_as_asyncapi(each) for each in value]
    if not isinstance(value, dict):
        return value
    written = {key: _as_asyncapi(each) for key, each in value.items()}
    if (
        isinstance(written.get("discriminator"), dict)
        and "propertyName" in written["discriminator"]
    ):
        written["discriminator"] = written["discriminator"]["propertyName"]
    return written


def _run(command: Sequence[str], text: str = "") -> str:
    """Run a linter; it exits with 1 when it finds something."""
    done = subprocess.run(  # noqa: S603 - a fixed command
        command,
        input=text,
        env=environment(REDOCLY_TELEMETRY="off", REDOCLY_SUPPRESS_UPDATE_NOTICE="true"),
        capture_output=True,
        text=True,
        check=False,
        timeout=RUN_SECONDS_MAX,
    )
    if done.returncode not in (0, 1) or not done.stdout.strip():
        output = done.stderr.strip().splitlines() or ["nothing"]
        raise NodeUnavailableError(f"{Path(command[1]).name} failed and said: {output[-1]}")
    return done.stdout


def _json_values(text: str) -> Iterator[Any]:
    """Read concatenated JSON values: Redocly writes one for each document."""
    decoder, position = json.JSONDecoder(), 0
    while position < len(text):
        value, position = decoder.raw_decode(text, position)
        yield value
        position += len(text[position:]) - len(text[position:].lstrip())
