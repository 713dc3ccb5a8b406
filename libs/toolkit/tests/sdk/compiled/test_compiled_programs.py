"""Programs that use the packages for Go and Java: their tests without a server, and own names."""

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Final

import pytest

from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.contracts.sdk.commands import write
from waybill_toolkit.contracts.sdk.compilers import NEEDED, Compiler, run, why_not
from waybill_toolkit.contracts.sdk.contract import PublicContract
from waybill_toolkit.contracts.sdk.options import PackageOptions
from waybill_toolkit.contracts.sdk.reading import read_public_contract

ROOT: Final = Path(__file__).parents[5]
PROGRAMS: Final = Path(__file__).with_name("programs")
ADDRESS: Final = "https://git.acme.test/shop"
POM: Final = "{http://maven.apache.org/POM/4.0.0}"

NAMED: Final = {
    "go": (
        PackageOptions(module="git.acme.test/Shop/orders"),
        "waybilltest/operations.go",
        'waybill "git.acme.test/Shop/orders"',
    ),
    "java": (
        PackageOptions(name="acme-orders", group="com.acme-shop.new", url=ADDRESS),
        "src/main/java/com/acme_shop/new_/model/Order.java",
        "package com.acme_shop.new_.model;",
    ),
}


@pytest.fixture(scope="module")
def contract() -> PublicContract:
    return read_public_contract(Repository(ROOT))


def compiler_of(
    language: str, contract: PublicContract, folder: Path, options: PackageOptions
) -> Compiler:
    (folder / "package").mkdir()
    (folder / "programs").mkdir()
    write(language, contract, folder / "package", options)
    if reason := why_not(language):
        pytest.skip(f"{reason}; what was written for {language} is compiled where it is")
    return Compiler(language, folder / "package", folder / "programs")


def test_a_go_program_is_tested_without_a_server(contract: PublicContract, tmp_path: Path) -> None:
    compiler = compiler_of("go", contract, tmp_path, PackageOptions())
    compiler.compile("shop", "package main\n\nfunc main() {}\n")
    shop = compiler.folder / "shop"
    (shop / "checkout_test.go").write_text((PROGRAMS / "checkout_test.go").read_text())
    test = ["go", "-C", str(shop), "test", "-run"]

    run([*test, "TestAnswers|TestProblems|TestFollowing", "."])

    with pytest.raises(ValueError, match=r"PlaceOrder \(POST /v1/orders\) has no answer; add one"):
        run([*test, "TestFailsAfterAnUnexpectedRequest", "."])
    with pytest.raises(ValueError, match="CancelOrder was not called; remove its answer"):
        run([*test, "TestFailsWhenAnAnswerIsLeft", "."])


def test_a_java_program_is_tested_without_a_server(
    contract: PublicContract, tmp_path: Path
) -> None:
    compiler = compiler_of("java", contract, tmp_path, PackageOptions())
    compiler.check()
    program = compiler.compile("Checkout", (PROGRAMS / "Checkout.java").read_text())

    run(program, "passes")

    missing = r"AssertionError: placeOrder \(POST /v1/orders\) has no answer; add one"
    with pytest.raises(ValueError, match=missing):
        run(program, "unexpected")
    with pytest.raises(ValueError, match=r"AssertionError: getOrder \(GET .* has no answer"):
        run(program, "unexpected_async")
    with pytest.raises(ValueError, match="AssertionError: not called: cancelOrder"):
        run(program, "left")


@pytest.mark.parametrize("language", sorted(NEEDED))
def test_a_package_with_its_own_names_compiles(
    contract: PublicContract, tmp_path: Path, language: str
) -> None:
    options, path, text = NAMED[language]
    compiler = compiler_of(language, contract, tmp_path, options)

    compiler.check()

    assert text in (compiler.package / path).read_text()


def test_a_go_module_has_the_path_it_is_given(contract: PublicContract, tmp_path: Path) -> None:
    write("go", contract, tmp_path, PackageOptions(module="git.acme.test/waybill", url=ADDRESS))

    assert (tmp_path / "go.mod").read_text().startswith("module git.acme.test/waybill\n")
    texts = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any("example.com" in each for each in texts)
    assert f"<{ADDRESS}>" in (tmp_path / "README.md").read_text()


@pytest.mark.parametrize(
    ("options", "names", "package"),
    [
        (PackageOptions(), ("waybill", "waybill-client"), "waybill"),
        (PackageOptions(group="com.acme"), ("com.acme", "waybill-client"), "com.acme"),
        (
            PackageOptions("orders", "com.acme.orders", "com.acme"),
            ("com.acme", "orders"),
            "com.acme.orders",
        ),
        (PackageOptions(module="acme"), ("acme", "waybill-client"), "acme"),
    ],
)
def test_a_java_package_has_the_names_it_is_given(
    contract: PublicContract,
    tmp_path: Path,
    options: PackageOptions,
    names: tuple[str, str],
    package: str,
) -> None:
    write("java", contract, tmp_path, options)

    pom = ET.parse(tmp_path / "pom.xml").getroot()  # noqa: S314 (just written)
    assert (pom.findtext(f"{POM}groupId"), pom.findtext(f"{POM}artifactId")) == names
    assert f"import {package}.WaybillClient;" in (tmp_path / "README.md").read_text()
    info = (tmp_path / "src/main/java/module-info.java").read_text()
    assert f"{{@link {package}.WaybillClient}}" in info
    assert f"exports {package}.model;" in info
    sources = (tmp_path / "src/main/java" / package.replace(".", "/")).rglob("*.java")
    assert all(each.read_text().startswith(f"package {package}") for each in sources)


def test_the_metadata_of_a_java_package_has_licence_and_addresses(
    contract: PublicContract, tmp_path: Path
) -> None:
    write("java", contract, tmp_path, PackageOptions(url=f"{ADDRESS}?a&b"))

    pom = ET.parse(tmp_path / "pom.xml").getroot()  # noqa: S314 (just written)
    assert pom.findtext(f"{POM}url") == pom.findtext(f"{POM}scm/{POM}url") == f"{ADDRESS}?a&b"
    assert pom.findtext(f"{POM}licenses/{POM}license/{POM}name") == "Apache-2.0"
