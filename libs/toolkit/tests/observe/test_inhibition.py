"""What Alertmanager does not notify of: what follows from a page. A ticket hides nothing."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import yaml

from .reading import CHART, alerts

_MATCHER: Final = re.compile(r'(\w+) (=|=~) "([^"]*)"')
RULES: Final = yaml.safe_load((CHART / "alerts" / "alertmanager.yaml").read_bytes())[
    "inhibit_rules"
]
TICKETS_HIDE: Final = [
    {"source_matchers": ['layer = "work"'], "target_matchers": ['layer = "objective"']}
]


def matches(matchers: Sequence[str], labels: Mapping[str, str]) -> bool:
    """Whether an alert has all of these labels, as Alertmanager understands it."""
    for each in matchers:
        name, how, value = _MATCHER.fullmatch(each).groups()  # type: ignore[union-attr] # a test
        found = labels.get(name, "")
        if not (found == value if how == "=" else re.fullmatch(value, found)):
            return False
    return True


def silenced(rules: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield each alert that silences another one, and that."""
    found = [{**each["labels"], "alertname": each["alert"]} for each in alerts()]
    for rule in rules:
        for source in found:
            for target in found:
                if matches(rule["source_matchers"], source) and matches(
                    rule["target_matchers"], target
                ):
                    yield _name(source), _name(target)


def _name(labels: Mapping[str, str]) -> str:
    return f"{labels['alertname']} ({labels['severity']})"


def test_only_a_page_silences_others() -> None:
    assert {each for each, _ in silenced(RULES) if "(ticket)" in each} == set()


def test_a_ticket_that_silences_a_page_is_found() -> None:
    pair = "WaybillDeadLetters (ticket)", "WaybillBudgetReadsAnswered (page)"
    assert pair in set(silenced(TICKETS_HIDE))
    assert pair not in set(silenced(RULES))


def test_every_rule_silences_something() -> None:
    for rule in RULES:
        assert list(silenced([rule])), rule


def test_no_alert_silences_itself_or_two_each_other() -> None:
    pairs = set(silenced(RULES))
    assert {pair for pair in pairs if pair[::-1] in pairs} == set()
