"""The platforms of `waybill bench brokers` run at once."""

from pathlib import Path

from rich.console import Console

from waybill_toolkit.lab.bench.measured_platform import with_own_ports
from waybill_toolkit.lab.bench.scenario import Options
from waybill_toolkit.platform.broker_kind import BrokerKind
from waybill_toolkit.platform.plan import Plan
from waybill_toolkit.platform.source_tree import tree_root


def test_platforms_share_no_port_when_the_first_one_is_given(tmp_path: Path) -> None:
    options = Options(Console(), port_base=20_000)

    plans = [
        Plan.of(tmp_path, tree_root() / "services", with_own_ports(options, number).port_base or 0)
        for number, _ in enumerate(BrokerKind)
    ]

    assert plans[0].port_base == 20_000
    assert not set(plans[0].ports().values()) & set(plans[1].ports().values())


def test_platforms_find_free_ports_when_none_is_given() -> None:
    assert with_own_ports(Options(Console()), 1).port_base is None
