"""Below version 1.0, `waybill contracts diff` wants a line with a reason for a breaking change."""

from typing import Final

import pytest
import yaml

from waybill_toolkit.testing.contract_edits import drop_field, put

from .git_work import Work

HTTP: Final = "shop/openapi.yaml"
EVENTS: Final = "shop/asyncapi.yaml"
BREAKING: Final = drop_field("Sold", "price")
LINE: Final = "Sold.price is gone."


@pytest.fixture
def early(work: Work) -> Work:
    for document in (HTTP, EVENTS):
        work.edit(document, put("0.1.0", "info", "version"))
    work.commit()
    work.edit(EVENTS, BREAKING)
    return work


def announce(work: Work, document: str, change: str, reason: str) -> None:
    text = yaml.safe_dump({"since": "0.1.0", document: {change: reason}})
    (work.root / "contracts" / "breaking-changes.yaml").write_text(text, encoding="utf-8")


def test_a_change_without_a_line_fails_and_prints_the_line(early: Work) -> None:
    code, output = early.diff("main")

    assert code == 1
    assert output.splitlines()[-3:] == [
        "Add to contracts/breaking-changes.yaml, each with its reason:",
        f"  {EVENTS}:",
        f'    "{LINE}": REASON',
    ]


def test_a_line_with_a_reason_allows_for_the_change(early: Work) -> None:
    announce(early, EVENTS, LINE, "Receivers take the price from the order.")

    code, output = early.diff("main")

    assert code == 0, output
    assert "breaking, allowed [field-removed]" in output


@pytest.mark.parametrize(("document", "change"), [(HTTP, LINE), (EVENTS, "Sold.units is gone.")])
def test_a_line_allows_for_nothing_else(early: Work, document: str, change: str) -> None:
    announce(early, document, change, "Another change.")

    assert early.diff("main")[0] == 1


@pytest.mark.parametrize("reason", ["", " ", "REASON"])
def test_a_line_without_a_reason_is_a_fault(early: Work, reason: str) -> None:
    announce(early, EVENTS, LINE, reason)

    code, output = early.diff("main")

    assert code == 1
    assert output == (f"contracts/breaking-changes.yaml:2: {LINE} has no reason; write one.\n")


def test_a_line_for_an_unknown_contract_is_a_fault(early: Work) -> None:
    announce(early, "shop/openapi.yml", LINE, "A wrong name.")

    code, output = early.diff("main")

    assert code == 1
    assert "contracts/shop/openapi.yml is no contract." in output


def test_from_one_on_a_line_is_not_enough(work: Work) -> None:
    work.edit(EVENTS, BREAKING)
    announce(work, EVENTS, LINE, "Receivers take the price from the order.")

    assert work.diff("main")[0] == 1
