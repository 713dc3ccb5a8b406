"""The report of `waybill status`: the supervisor's state, and a check of each process."""

import asyncio
from pathlib import Path
from typing import Any

from waybill_toolkit.platform.data_folder import DataFolder
from waybill_toolkit.platform.memory import tree_pss_bytes
from waybill_toolkit.platform.plan import POSTGRES_OFFSET, Plan
from waybill_toolkit.platform.ports import LOOPBACK
from waybill_toolkit.platform.probe import answers_ok
from waybill_toolkit.platform.state import Condition, ProcessState, State, Status
from waybill_toolkit.platform.work import work_of


def report(data: Path) -> dict[str, Any]:
    """Describe the platform of a data folder, running or not."""
    folder = DataFolder(data)
    state = State.read(folder.state_file)
    if state is None or not state.is_running:
        nothing: dict[str, Any] = {"processes": [], "pss_bytes": 0, "work": {}}
        return {"status": Status.STOPPED, "data": str(data), **nothing}
    supervisor = ProcessState("supervisor", "supervisor", condition=Condition.READY)
    supervisor.pid = state.supervisor.pid
    processes = [supervisor, *(process for process in state.processes if process.kind != "task")]
    unready, work = asyncio.run(_ask(processes))
    pids = [pid for process in processes if (pid := _pid(process))]
    rows = [_row(process, pids, is_unready=process.name in unready) for process in processes]
    return {
        "status": state.status,
        "data": str(data),
        "logs": str(folder.logs),
        "port_base": state.port_base,
        "postgres": f"{LOOPBACK}:{state.port_base + POSTGRES_OFFSET}",
        "bootstrap_servers": Plan.from_json(folder.plan_file.read_text("utf-8")).bootstrap_servers,
        "processes": rows,
        "pss_bytes": sum(row["pss_bytes"] for row in rows),
        "work": work,
    }


async def _ask(processes: list[ProcessState]) -> tuple[set[str], dict[str, dict[str, Any]]]:
    ports = {each.name: _port(each) for each in processes if each.kind == "service" and each.pid}
    unready, work = await asyncio.gather(_unready(processes), work_of(ports))
    return unready, work


def _row(process: ProcessState, pids: list[int], *, is_unready: bool) -> dict[str, Any]:
    is_service = process.kind == "service"
    pid = _pid(process)
    return {
        "name": process.name,
        "kind": process.kind,
        "state": "unready" if is_unready else process.condition,
        "pid": pid,
        "address": process.address,
        "docs": f"{process.address}/docs" if is_service else None,
        "restarts": process.restarts,
        "ready_after_seconds": process.ready_after_seconds,
        "pss_bytes": tree_pss_bytes(pid, pids) if pid else 0,
    }


def _pid(process: ProcessState) -> int | None:
    return process.pid or process.foreground_pid


async def _unready(processes: list[ProcessState]) -> set[str]:
    """Check the readiness of the services that were ready before."""
    services = [
        process
        for process in processes
        if process.kind == "service" and process.condition is Condition.READY
    ]
    answers = await asyncio.gather(*(_is_ready(service) for service in services))
    return {service.name for service, ready in zip(services, answers, strict=True) if not ready}


async def _is_ready(service: ProcessState) -> bool:
    return await answers_ok(_port(service), "/health/ready")


def _port(service: ProcessState) -> int:
    return int(str(service.address).rpartition(":")[2])
