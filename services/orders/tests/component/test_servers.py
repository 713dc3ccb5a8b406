"""The app under other servers: uvicorn, with workers or reload, and fastapi dev."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

import orders.app
from orders.settings import OrdersSettings
from waybill_toolkit.platform.ports import free_port
from waybill_toolkit.platform.waiting import wait_until

START_SECONDS_MAX = 60
"""Reloader, worker and service start one after another. Only a failing test waits this long."""

APP = "orders.app:app"
COMMANDS = {
    "uvicorn": ("uvicorn", APP),
    "reload": ("uvicorn", APP, "--reload"),
    "workers": ("uvicorn", APP, "--workers", "2"),
    "fastapi dev": ("fastapi", "dev", orders.app.__file__),
}

Serve = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    with ExitStack() as running:

        def start(*command: str, **settings: str) -> subprocess.Popen[str]:
            environment = {k: v for k, v in os.environ.items() if not k.startswith("WAYBILL_")}
            process = subprocess.Popen(
                [sys.executable, "-m", *command],
                env={**environment, **settings},
                cwd=tmp_path,  # the reloader watches it
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
            running.callback(_end, process)
            return process

        yield start


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _environment(settings: OrdersSettings) -> dict[str, str]:
    return {
        "WAYBILL_DATABASE_URL": settings.database_url.get_secret_value(),
        "WAYBILL_KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
        "WAYBILL_ACCESS": "open",
        "WAYBILL_TOKEN_KEYS": str(settings.token_keys),
        "WAYBILL_TOKEN_KEY_SECONDS": "0",
    }


def _status(url: str) -> int:
    try:
        return httpx.get(url).status_code
    except httpx.TransportError:
        return 0


@pytest.mark.parametrize("command", COMMANDS)
def test_the_whole_app_is_served_and_stops_on_a_signal(
    settings: OrdersSettings, serve: Serve, command: str
) -> None:
    port = free_port()
    process = serve(*COMMANDS[command], "--port", str(port), **_environment(settings))
    url = f"http://127.0.0.1:{port}"

    wait_until(lambda: _status(f"{url}/health/ready") == 200, START_SECONDS_MAX)
    assert httpx.get(f"{url}/v1/orders").json() == {"items": [], "next_cursor": None}
    assert _status(f"{url}/docs") == 200

    process.terminate()
    output, _ = process.communicate()
    assert "Traceback" not in output


def test_invalid_settings_are_reported_without_a_traceback(serve: Serve) -> None:
    process = serve("uvicorn", APP, WAYBILL_ACCESS="open", WAYBILL_PORT="70000")
    output, _ = process.communicate()
    assert process.returncode == 3
    assert "WAYBILL_PORT is wrong: Input should be less than or equal to 65535." in output
    assert "WAYBILL_DATABASE_URL is not set; set this environment variable." in output
    assert "Traceback" not in output


def test_an_unavailable_database_is_reported_without_its_password(
    settings: OrdersSettings, serve: Serve
) -> None:
    away = {"WAYBILL_DATABASE_URL": "postgresql://u:hunter2@127.0.0.1:1/d"}
    process = serve("uvicorn", APP, **(_environment(settings) | away))
    output, _ = process.communicate()
    assert process.returncode == 3
    assert "The database of WAYBILL_DATABASE_URL is unavailable" in output
    assert "Traceback" not in output
    assert "hunter2" not in output


def test_importing_the_app_reads_no_settings_and_opens_nothing() -> None:
    code = f"from {APP.replace(':', ' import ')}; print(*[each.name for each in app.routes])"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("WAYBILL_")}
    printed = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
    )
    assert printed.stdout.split() == [
        "place_order",
        "list_orders",
        "get_order",
        "cancel_order",
        "follow_order",
        "get_order_history",
        "list_prices",
    ]
