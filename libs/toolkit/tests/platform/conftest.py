"""Small services in place of the real ones, and platforms that run them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from waybill_toolkit.platform.handle import Platform, running
from waybill_toolkit.platform.plan import Plan, free_port_base
from waybill_toolkit.platform.postgres_home import remove_home
from waybill_toolkit.platform.short_folder import short_folder

ANSWERS_ITS_ENVIRONMENT: Final = """
import json, os, signal, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        of_one_process = ("WAYBILL_LISTEN_FDS", "WAYBILL_KAFKA_INSTANCE_ID")
        settings = {
            name: value for name, value in os.environ.items()
            if name.startswith("WAYBILL_") and name not in of_one_process
        }
        self.wfile.write(json.dumps(settings).encode())

def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopping in order"))
    address = (os.environ["WAYBILL_HOST"], int(os.environ["WAYBILL_PORT"]))
    HTTPServer(address, Handler).serve_forever()
"""

ENDS_AT_START: Final = """
def main():
    raise SystemExit("the kettle is empty")
"""


def write_service(
    root: Path, name: str, source: str = ANSWERS_ITS_ENVIRONMENT, *, database: bool = True
) -> None:
    package = root / name / "src" / name
    package.mkdir(parents=True)
    if database:
        (root / name / "migrations").mkdir()
        (root / name / "migrations" / "0001_first.sql").write_text("CREATE TABLE peel (id integer)")
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(f"from {name}.app import main\n\nmain()\n")
    (package / "app.py").write_text(source)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with short_folder() as folder:
        yield folder
        remove_home(folder / "data")


@pytest.fixture(scope="module")
def services_root(folder: Path) -> Path:
    root = folder / "services"
    for name in ("pear", "apple"):
        write_service(root, name)
    write_service(root, "gateway", database=False)
    return root


@pytest.fixture(scope="module")
def plan(folder: Path, services_root: Path) -> Plan:
    return Plan.of(folder / "data", services_root, free_port_base())


@pytest.fixture(scope="module")
def small_platform(plan: Plan) -> Iterator[Platform]:
    with running(plan) as platform:
        yield platform
