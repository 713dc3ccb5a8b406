"""A short conformance test of one service; `make conformance` tests all of them."""

import io

from rich.console import Console

from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.lab.conformance.session import try_services
from waybill_toolkit.platform.source_tree import tree_root


def test_orders_does_what_its_contract_says() -> None:
    output = io.StringIO()

    run = try_services(
        Console(file=output), Repository(tree_root()), ["orders"], seed=1, examples=3
    )

    assert run.is_ok, output.getvalue()
    assert run.cases > 200
    [verdict] = run.verdicts
    assert verdict.cases["stateful"] > 0
    assert verdict.checks["ignored_auth"] > 0
    assert run.self_checks["orders"].checks["event"] > 0
