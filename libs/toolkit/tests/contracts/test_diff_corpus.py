"""The result of each change of the corpus, and the services that it affects.

A case is one edit of a document in `tree/contracts`. `hit` names the services that a breaking
change affects by their contracts; the clients of an operation are always affected.
"""

import shutil
from pathlib import Path

import pytest

from waybill_toolkit.contracts.diff.judgement import judge
from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.testing.contract_edits import rewrite

from .diff_corpus.cases import Case
from .diff_corpus.edge_cases import FOOLED
from .diff_corpus.event_changes import COMMANDS, EVENT_CASES
from .diff_corpus.operations import OPERATIONS
from .diff_corpus.request_changes import REQUESTS
from .diff_corpus.response_changes import ANSWERS

CASES = OPERATIONS + REQUESTS + ANSWERS + EVENT_CASES + COMMANDS + FOOLED


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_change_is_judged_rightly(
    case: Case, contracts: Path, repository: Repository, tmp_path: Path
) -> None:
    if case.before:
        contracts = shutil.copytree(contracts, tmp_path / "before" / "contracts")
        for root in (contracts, repository.root / "contracts"):
            rewrite(root / case.document, case.before)
    rewrite(repository.root / "contracts" / case.document, case.edit)

    judgement = judge(contracts, repository.root / "contracts")

    found = [each for each in judgement.changes if each.change.breaking]
    assert judgement.allowed is (case.verdict == "safe"), judgement.changes
    assert bool(found) is (case.verdict == "breaking"), found
    assert {hit.service for each in found for hit in each.hits} == set(case.hit.split())


def test_the_corpus_is_large_and_names_each_case_once() -> None:
    assert len({str(case) for case in CASES}) == len(CASES) >= 40
    for verdict in ("breaking", "safe"):
        for border in ("openapi", "asyncapi"):
            assert [
                case
                for case in CASES
                if (case.verdict, border) == (verdict, case.document.partition("/")[2][:-5])
            ]
