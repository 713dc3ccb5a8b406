"""Histories in virtual time: none breaks an invariant, a planted bug does, a seed repeats."""

import asyncio
import json
import os
import subprocess
import sys

import pytest

from waybill_simulation.campaign import run_campaign
from waybill_simulation.mutants import MUTANTS
from waybill_simulation.planting import Edit, Mutant, PlayName, UnfitMutantError, check

HISTORIES = 250
"""A quarter of a minute on two cores; the campaign is `make simulate`."""

QUICK = ("inbox-forgotten", "compensation-forgotten", "events-published-newest-first")
"""Found within a second or two. The others have 60 s each in `make simulate`."""

QUICK_IN_TOKENS = ("lost-answer-not-forgiven", "new-key-signs-at-once")
TOKEN_HISTORIES = 100

QUICK_WITH_DIVIDED_STOCK = ("part-not-released", "part-sold-alone")
DIVIDED_HISTORIES = 60

WORKER = [sys.executable, "-m", "waybill_simulation.worker", "--first", "42", "--end", "44"]


async def test_no_history_breaks_an_invariant() -> None:
    findings = await run_campaign(0, HISTORIES, workers=2)
    assert findings.failures == []
    assert findings.histories == HISTORIES
    assert min(findings.statuses[each] for each in ("confirmed", "rejected", "cancelled")) > 20


async def test_no_history_of_tokens_breaks_an_invariant() -> None:
    findings = await run_campaign(0, TOKEN_HISTORIES, workers=2, play=PlayName.TOKENS)
    assert findings.failures == []
    assert findings.histories == TOKEN_HISTORIES
    ends = ("code used twice", "live", "replayed", "revoked by its client", "session ended")
    assert min(findings.statuses[each] for each in ends) > 10


@pytest.mark.parametrize("name", QUICK_IN_TOKENS)
async def test_planted_bug_of_tokens_is_found(name: str) -> None:
    async with asyncio.timeout(90):
        findings = await run_campaign(
            0, 10_000, workers=1, play=PlayName.TOKENS, mutant=name, shrink_seconds=1
        )
    assert findings.failures


async def test_no_history_with_divided_stock_breaks_an_invariant() -> None:
    findings = await run_campaign(0, DIVIDED_HISTORIES, workers=2, play=PlayName.DIVIDED_STOCK)
    assert findings.failures == []
    assert findings.histories == DIVIDED_HISTORIES


@pytest.mark.parametrize("name", QUICK_WITH_DIVIDED_STOCK)
async def test_planted_bug_of_divided_stock_is_found(name: str) -> None:
    async with asyncio.timeout(90):
        findings = await run_campaign(
            0, 10_000, workers=1, play=PlayName.DIVIDED_STOCK, mutant=name, shrink_seconds=1
        )
    assert findings.failures


@pytest.mark.parametrize("name", QUICK)
async def test_planted_bug_is_found_and_shown(name: str) -> None:
    async with asyncio.timeout(60):
        findings = await run_campaign(0, 10_000, workers=1, mutant=name, shrink_seconds=5)
    [failure] = findings.failures
    assert failure["shrunk_violations"]
    assert failure["diagram"].startswith("sequenceDiagram")


@pytest.mark.parametrize("play", PlayName)
def test_seed_repeats_in_another_process(play: PlayName) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    command = [*WORKER, "--play", play]
    lines = [subprocess.check_output(command, env=environment) for _ in range(2)]
    assert lines[0] == lines[1]
    assert json.loads(lines[0])["histories"] == 2


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant_fits_the_code(mutant: Mutant) -> None:
    check(mutant)


def test_mutant_is_refused_when_the_code_has_changed() -> None:
    gone = Mutant("gone", "", Edit("waybill.sending.relay", "what was never there", ""))
    with pytest.raises(UnfitMutantError):
        check(gone)


def test_mutant_is_refused_when_it_asks_for_what_is_not_there() -> None:
    result = "results = await self._link.produce(encoded, self._logs.states)"
    wrong = Mutant("wrong", "", Edit("waybill.sending.publisher", result, "self._gone()"))
    with pytest.raises(UnfitMutantError, match=r"waybill.sending.publisher has no self._gone"):
        check(wrong)
