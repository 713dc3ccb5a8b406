"""A service keeps its port."""

import json
from pathlib import Path

import pytest

from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.plan import Plan
from waybill_toolkit.platform.stored_ports import FILE, assign, keep

from .conftest import write_service

NUMBERS = range(1, 4)


def _ports(plan: Plan) -> dict[str, int]:
    return {service.name: service.port - plan.port_base for service in plan.services}


def test_ports_stay_when_a_service_is_added_or_removed_or_the_base_changes(tmp_path: Path) -> None:
    services, data = tmp_path / "services", tmp_path / "data"
    data.mkdir()
    for name in ("gateway", "apple", "pear"):
        write_service(services, name)
    plan = Plan.of(data, services, 7700)
    assert _ports(plan) == {"gateway": 0, "apple": 1, "pear": 2}
    plan.keep_ports()

    write_service(services, "banana")
    plan = Plan.of(data, services, 7730)
    assert _ports(plan) == {"gateway": 0, "apple": 1, "banana": 3, "pear": 2}
    plan.keep_ports()

    (services / "apple").rename(tmp_path / "apple")
    plan = Plan.of(data, services, 7700)
    plan.keep_ports()
    (tmp_path / "apple").rename(services / "apple")
    plan = Plan.of(data, services, 7700)
    assert _ports(plan) == {"gateway": 0, "apple": 1, "banana": 3, "pear": 2}


def test_the_port_of_a_service_that_is_gone_is_taken_when_no_other_is_left(tmp_path: Path) -> None:
    keep(tmp_path, {"apple": 1, "banana": 2, "pear": 3})
    assert assign(tmp_path, ["apple", "cherry", "pear"], NUMBERS) == {
        "apple": 1,
        "cherry": 2,
        "pear": 3,
    }
    keep(tmp_path, {"apple": 1, "cherry": 2, "pear": 3})
    assert json.loads((tmp_path / FILE).read_text()) == {"apple": 1, "cherry": 2, "pear": 3}


def test_more_services_than_ports_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PlatformError, match="4 services are more than the 3"):
        assign(tmp_path, ["apple", "banana", "cherry", "pear"], NUMBERS)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"pear": "one"}', '{"pear": 2, "apple": 2}', '{"pear": 99}']
)
def test_ports_are_assigned_again_when_the_file_is_damaged(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    assert assign(tmp_path, ["apple", "pear"], NUMBERS) == {"apple": 1, "pear": 2}
