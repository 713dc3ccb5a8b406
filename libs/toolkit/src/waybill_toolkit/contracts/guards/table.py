"""Reads the guards of the gateway, as its own code makes them."""

import importlib
import importlib.util
import json
import os
import sys
from dataclasses import asdict
from typing import Any, Final

from pydantic import ValidationError

from waybill_toolkit.command_line.errors import CommandError
from waybill_toolkit.contracts.generate.names import GATEWAY
from waybill_toolkit.contracts.repository import Repository

COLUMNS: Final = (
    "Operation",
    "Service",
    "Security",
    "Scopes",
    "Owner",
    "Rate limit",
    "Body",
    "Time",
)


def guards_of(repository: Repository, settings: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the guards of all operations with these settings, by path."""
    _find_gateway(repository)
    made = importlib.import_module("gateway.settings").GatewaySettings(**settings)
    document = repository.package(GATEWAY) / "openapi.json"
    contract = json.loads(document.read_text("utf-8"))
    rows = importlib.import_module("gateway.guard_table").guard_rows(made, contract)
    return [asdict(row) for row in rows]


def settings_of_environment(repository: Repository) -> dict[str, Any]:
    """Return what the gateway's settings need in addition to this environment.

    Raises CommandError when one of its settings is wrong.
    """
    missing: dict[str, Any] = {"upstreams": dict.fromkeys(repository.services, "http://unknown")}
    if not os.environ.get("WAYBILL_ACCESS"):
        missing["access"] = "open"
    _find_gateway(repository)
    try:
        importlib.import_module("gateway.settings").GatewaySettings(**missing)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = "_".join(("WAYBILL", *map(str, first["loc"][:1]))).upper()
        raise CommandError(f"{name} is wrong: {first['msg']}.") from None
    return missing


def cells(row: dict[str, Any]) -> tuple[str, ...]:
    """Return the cells of a row, in the order of COLUMNS."""
    cost = f", costs {row['cost']}" if row["cost"] > 1 else ""
    body = row["body_limit_bytes"]
    seconds = f"answer {row['answer_seconds']:g} s"
    return (
        f"{row['method']} {row['path']}",
        row["service"],
        row["security"],
        " ".join(row["scopes"]),
        row["owner"] or "",
        f"{row['limit']}: {row['quota']} in {row['window_seconds']} s{cost}",
        "" if body is None else f"{body // 1024} KiB",
        seconds if body is None else f"body {row['body_seconds']:g} s, {seconds}",
    )


def _find_gateway(repository: Repository) -> None:
    if importlib.util.find_spec(GATEWAY) is None:  # it is not installed
        sys.path.append(str(repository.root / "services" / GATEWAY / "src"))
