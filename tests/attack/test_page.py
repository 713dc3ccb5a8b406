"""The table of docs/security.md is that of the attacks; WAYBILL_WRITE_TABLE=1 writes it."""

import os
from typing import Final

from tests.attack.guards import read_guards
from tests.attack.named_tests import ROOT, Attack, id_of, read_attacks

PAGE: Final = ROOT / "docs" / "security.md"
BEGIN: Final = "<!-- written by tests/attack/test_page.py -->\n"
END: Final = "<!-- end of the table -->\n"
RISKS: Final = {
    "API1": "API1 Broken object level authorization",
    "API2": "API2 Broken authentication",
    "API3": "API3 Broken object property level authorization",
    "API4": "API4 Unrestricted resource consumption",
    "API5": "API5 Broken function level authorization",
    "API6": "API6 Unrestricted access to sensitive business flows",
    "API7": "API7 Server side request forgery",
    "API8": "API8 Security misconfiguration",
    "API9": "API9 Improper inventory management",
    "API10": "API10 Unsafe consumption of APIs",
    "RFC 9700": "OAuth 2.0 (RFC 9700)",
    "Data": "Keys, data and transport",
}


def table() -> str:
    """Format the attacks, by risk, with the tests that try them and the guards that stop them."""
    attacks = read_attacks()
    guards: dict[int, list[str]] = {}
    taken_out = read_guards()
    for guard in taken_out:
        for number in guard.proofs:
            guards.setdefault(number, []).append(guard.name)
    tried = [each for each in attacks if each.tests]
    summary = f"{len(tried)} of {len(attacks)} attacks are tried, {len(taken_out)} guards taken out"
    lines = [f"{summary}.\n\n"]
    for risk, title in RISKS.items():
        lines += [
            f"### {title}\n\n",
            "| | Attack | Expected | Guards | Test |\n|---|---|---|---|---|\n",
        ]
        lines += [_row(each, guards) for each in attacks if each.risk == risk]
        lines.append("\n")
    return "".join(lines)


def _row(attack: Attack, guards: dict[int, list[str]]) -> str:
    tests = [_words(name) for name in attack.tests]
    if attack.open:
        tests.append(f"*not covered yet: {attack.open}*")
    stopped = "; ".join(guards.get(attack.number, ()))
    cells = (str(attack.number), attack.attack, attack.expected, stopped, "; ".join(tests))
    return f"| {' | '.join(cells)} |\n"


def _words(name: str) -> str:
    path, *_, test = id_of(name).split("::")
    file = path.rpartition("/")[2]
    return f"`{file}`: {test.removeprefix('test_').replace('_', ' ')}"


def test_page_shows_the_table_of_attacks() -> None:
    text = PAGE.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    written = f"{before}{BEGIN}\n{table()}{END}{after}"
    if os.environ.get("WAYBILL_WRITE_TABLE"):
        PAGE.write_text(written, encoding="utf-8")
    assert PAGE.read_text("utf-8") == written, "run make attack-table"


def test_every_risk_has_a_title() -> None:
    assert {each.risk for each in read_attacks()} == RISKS.keys()
