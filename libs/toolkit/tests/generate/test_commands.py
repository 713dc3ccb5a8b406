import pytest
from typer.testing import CliRunner

from waybill_toolkit.cli import build
from waybill_toolkit.contracts.repository import Repository


@pytest.fixture
def run(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    (repository.root / "services").mkdir()
    monkeypatch.chdir(repository.root / "services")
    return CliRunner()


def _generate(run: CliRunner, *arguments: str) -> tuple[int, str]:
    result = run.invoke(build(), ["generate", *arguments])
    return result.exit_code, result.output


def test_check_fails_and_lists_files_until_they_are_written(run: CliRunner) -> None:
    assert _generate(run, "--check")[0] == 1
    assert "stale services/shop/src/shop/contract/api.py" in _generate(run, "--check")[1]
    assert _generate(run)[0] == 0
    assert _generate(run, "--check") == (0, "")


def test_check_writes_nothing(run: CliRunner, repository: Repository) -> None:
    _generate(run, "--check")

    assert list((repository.root / "services").iterdir()) == []


def test_an_unknown_service_is_refused_with_those_there_are(run: CliRunner) -> None:
    code, output = _generate(run, "shoes")

    assert (code, output) == (2, "no contract for shoes; there is shop.\n")


def test_a_faulty_contract_exits_1_with_file_and_line(
    run: CliRunner, repository: Repository
) -> None:
    path = repository.root / "contracts/shop/openapi.yaml"
    path.write_text(path.read_text().replace("operationId: sell", "operationId: yield"))

    code, output = _generate(run)

    assert code == 1
    assert output.startswith("contracts/shop/openapi.yaml:6: 'yield' is a keyword of Python")


def test_a_package_whose_contract_is_gone_is_reason(run: CliRunner, repository: Repository) -> None:
    _generate(run)
    (repository.root / "contracts/shop/openapi.yaml").unlink()

    reason = "services/shop/src/shop/contract: there is no contracts/shop/openapi.yaml;"
    for arguments in ([], ["--check"]):
        code, output = _generate(run, *arguments)
        assert (code, output) == (1, f"{reason} write it, or remove this package.\n")


def test_unchanged_run_generates_nothing(run: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    _generate(run)
    monkeypatch.setattr("waybill_toolkit.contracts.generate.service.generate_services", None)

    assert _generate(run) == (0, "")


def test_it_is_refused_when_there_are_no_contracts(
    run: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")

    assert _generate(run)[0] == 2
