"""The rows of docs/outside.md: which tool, in which version, did what, and what it needed."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.outside.tools import PINS, ROOT

GENERATOR_GO: Final = "openapi-generator, `go`"
GENERATOR_OKHTTP: Final = "openapi-generator, `java`"
GENERATOR_NATIVE: Final = "openapi-generator, `java` for the JDK's HTTP client"
GENERATOR_PYTHON: Final = "openapi-generator, `python`"
GENERATOR_AXIOS: Final = "openapi-generator, `typescript-axios`"
GENERATOR_FETCH: Final = "openapi-generator, `typescript-fetch`"
OAPI_CODEGEN: Final = "oapi-codegen"
OPENAPI_PYTHON_CLIENT: Final = "openapi-python-client"
OPENAPI_FETCH: Final = "openapi-typescript and openapi-fetch"
PRISM: Final = "Prism, as a proxy with `--errors`"
NEWMAN: Final = "openapi-to-postmanv2 and newman"
SCHEMATHESIS: Final = "Schemathesis, `--checks all`"

_OPEN: Final = "`disallowAdditionalPropertiesIfNotPresent=false`"
_MODULES: Final = "`importFileExtension=.js`"
_ORDERED: Final = "; placed, followed and listed an order"
_GO: Final = f"checked by `go vet`, compiled by `go build`{_ORDERED}"
_JAVA: Final = f"compiled by `mvn compile` and `javac -Xlint:all`{_ORDERED}"
_PYTHON: Final = f"program checked by `mypy --strict`{_ORDERED}"
_TYPESCRIPT: Final = f"compiled by `tsc --strict`{_ORDERED}"
_PRISM: Final = f"passed openapi-fetch on, with each request and response validated{_ORDERED}"
_NEWMAN: Final = f"sent each request of the imported collection{_ORDERED}"
_SCHEMATHESIS: Final = "tried examples, boundaries, random data and sequences along the links"


def rows() -> Iterator[tuple[str, ...]]:
    """Yield each tool, its version, what it did, and what it needed."""
    generator = _of_pypi("openapi-generator-cli")
    yield GENERATOR_GO, generator, _GO, _OPEN
    yield GENERATOR_OKHTTP, generator, _JAVA, _OPEN
    yield GENERATOR_NATIVE, generator, _JAVA, f"`--library=native`, {_OPEN}"
    yield GENERATOR_PYTHON, generator, _PYTHON, "-"
    yield GENERATOR_AXIOS, generator, _TYPESCRIPT, _MODULES
    casts = f"{_MODULES}, `withoutRuntimeChecks=true`, `modelPropertyNaming=original`"
    yield GENERATOR_FETCH, generator, _TYPESCRIPT, casts
    yield OAPI_CODEGEN, _of_go("oapi-codegen/oapi-codegen/v2"), _GO, "-"
    yield OPENAPI_PYTHON_CLIENT, _of_pypi("openapi-python-client"), _PYTHON, "-"
    yield OPENAPI_FETCH, _of_npm("openapi-typescript", "openapi-fetch"), _TYPESCRIPT, "-"
    yield PRISM, _of_npm("@stoplight/prism-cli"), _PRISM, "-"
    imported = _of_npm("openapi-to-postmanv2", "newman")
    yield NEWMAN, imported, _NEWMAN, "a new `Idempotency-Key` in each request"
    expected = "expected statuses in `tests/outside/schemathesis.toml`"
    schemathesis = _of_pypi("schemathesis", ROOT / "requirements.lock")
    yield SCHEMATHESIS, schemathesis, f"{_SCHEMATHESIS}; placed orders", expected


def _of_pypi(name: str, lock: Path = PINS / "python" / "requirements.lock") -> str:
    return _found(lock, rf"^{re.escape(name)}==(\S+)")


def _of_go(module: str) -> str:
    return _found(PINS / "go" / "go.mod", rf"^\s*github\.com/{re.escape(module)} v(\S+)")


def _of_npm(*names: str) -> str:
    packages = json.loads((PINS / "node" / "package-lock.json").read_text("utf-8"))["packages"]
    return ", ".join(packages[f"node_modules/{name}"]["version"] for name in names)


def _found(file: Path, pattern: str) -> str:
    found = re.search(pattern, file.read_text("utf-8"), re.MULTILINE)
    assert found, f"{file} pins nothing like {pattern}"
    return found[1]
