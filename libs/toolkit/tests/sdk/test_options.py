"""The options of `waybill sdk`: names, and what every package has."""

import json
import tomllib
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner

from waybill_toolkit.cli import build
from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.contracts.sdk.commands import known_languages, write
from waybill_toolkit.contracts.sdk.contract import PublicContract
from waybill_toolkit.contracts.sdk.options import PackageOptions
from waybill_toolkit.contracts.sdk.reading import read_public_contract

ROOT: Final = Path(__file__).parents[4]
ADDRESS: Final = "https://git.acme.test/waybill"


@pytest.fixture(scope="module")
def contract() -> PublicContract:
    return read_public_contract(Repository(ROOT))


def refusal(*arguments: str) -> str:
    result = CliRunner().invoke(build(), ["sdk", *arguments, "-o", "out"])
    assert result.exit_code == 2, result.output
    return result.output


@pytest.mark.parametrize(
    ("language", "option", "value", "example"),
    [
        ("python", "name", "-acme", "acme-waybill"),
        ("python", "name", "acme waybill", "acme-waybill"),
        ("python", "module", "acme-waybill", "acme_waybill"),
        ("python", "module", "class", "acme_waybill"),
        ("python", "module", "json", "acme_waybill"),
        ("typescript", "name", "Acme", "@acme/waybill"),
        ("typescript", "name", "@acme", "@acme/waybill"),
        ("go", "module", "waybill", "git.example.com/acme/waybill"),
        ("go", "module", "https://acme.test/waybill", "git.example.com/acme/waybill"),
        ("java", "name", "Acme", "acme-waybill"),
        ("java", "module", "com.acme.new", "com.acme.waybill"),
        ("java", "group", "com..acme", "com.acme"),
        ("python", "url", "acme.test", "https://example.com/waybill"),
        ("python", "url", 'https://acme.test/"', "https://example.com/waybill"),
    ],
)
def test_a_value_that_cannot_be_such_a_name_is_refused_with_an_example(
    language: str, option: str, value: str, example: str
) -> None:
    output = refusal(language, f"--{option}={value}")

    assert output.startswith(f"--{option} {value!r} ")
    assert output.endswith(f"write one like {example}.\n")


@pytest.mark.parametrize(
    ("language", "option"),
    [
        ("python", "group"),
        ("typescript", "module"),
        ("typescript", "group"),
        ("go", "name"),
        ("go", "group"),
    ],
)
def test_an_option_that_a_language_does_not_have_is_refused(language: str, option: str) -> None:
    output = refusal(language, f"--{option}=acme")

    assert output.startswith(f"an SDK for {language} has no --{option}; it has --")


@pytest.mark.parametrize("language", known_languages())
def test_every_package_has_a_licence_and_its_changes(
    contract: PublicContract, tmp_path: Path, language: str
) -> None:
    out = tmp_path / "out"
    out.mkdir()

    write(language, contract, out)

    assert (out / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    assert f"\n## {contract.version}\n" in (out / "CHANGELOG.md").read_text()


def test_a_python_package_has_the_names_and_the_address_it_is_given(
    contract: PublicContract, tmp_path: Path
) -> None:
    options = PackageOptions("acme-waybill", "acme_waybill", url=ADDRESS)

    write("python", contract, tmp_path, options)

    project = tomllib.loads((tmp_path / "pyproject.toml").read_text())["project"]
    assert project["name"] == "acme-waybill"
    assert project["urls"] == {"Homepage": ADDRESS}
    assert project["license-files"] == ["LICENSE"]
    assert (tmp_path / "src" / "acme_waybill" / "models.py").is_file()
    texts = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any("waybill_client" in each for each in texts)


def test_a_typescript_package_has_the_name_and_the_address_it_is_given(
    contract: PublicContract, tmp_path: Path
) -> None:
    write("typescript", contract, tmp_path, PackageOptions("@acme/waybill", url=ADDRESS))

    manifest = json.loads((tmp_path / "package.json").read_text())
    assert (manifest["name"], manifest["homepage"]) == ("@acme/waybill", ADDRESS)
    assert 'from "@acme/waybill"' in (tmp_path / "README.md").read_text()
