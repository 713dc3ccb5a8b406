from pathlib import Path

import pytest

from waybill_toolkit.contracts.generate.documents import Library, Node
from waybill_toolkit.contracts.generate.faults import ContractError


def _open(folder: Path, text: str) -> Node:
    path = folder / "document.yaml"
    path.write_text(text, encoding="utf-8")
    return Library().open(path)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("2026-01-01", "2026-01-01"),
        ("1_000", "1_000"),
        ("0o17", "0o17"),
        ("'1'", "1"),
        ("'null'", "null"),
        ("17", 17),
        ("-1.5e3", -1500.0),
        ("true", True),
        ("null", None),
        ("", None),
        ("[1, a]", [1, "a"]),
    ],
)
def test_scalars_mean_what_json_means_by_them(tmp_path: Path, text: str, value: object) -> None:
    assert _open(tmp_path, f"it: {text}\n").value == {"it": value}


def test_keys_are_strings_when_they_look_like_numbers(tmp_path: Path) -> None:
    assert _open(tmp_path, "201: {on: 1}\n").value == {"201": {"on": 1}}


def test_faults_know_their_line(tmp_path: Path) -> None:
    root = _open(tmp_path, "a:\n  b:\n    - x\n    - y\n")

    assert [node.fault("").line for node in root.need("a").need("b").children()] == [3, 4]


def test_references_are_followed_across_files(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("a/b: {c: {$ref: '#/d'}}\nd: 7\n")

    root = _open(tmp_path, "x: {$ref: 'other.yaml#/a~1b/c'}\n")

    assert root.need("x").value == 7


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: 1\nb: [\n", 2, "no YAML"),
        ("- a\n", 1, "none"),
        ("a: 1\n? [b]\n: 2\n", 2, "a key is a word"),
        ("a: &a\n  x: *a\n", 1, "write it out"),
        ("a: 1\nb: 2\na: 3\n", 3, "twice"),
        ("a:\n  x: {$ref: '#/y'}\n", 2, "no 'y'"),
        ("a:\n  x: {$ref: 'gone.yaml#/y'}\n", 2, "no such file"),
        ("a:\n  x: {$ref: '#/a/z'}\n  z: {$ref: '#/a/x'}\n", 2, "circular"),
        ("a: {}\n", 1, "x is missing"),
    ],
)
def test_faulty_documents_are_refused_with_the_line(
    tmp_path: Path, text: str, line: int, message: str
) -> None:
    with pytest.raises(ContractError) as caught:
        _open(tmp_path, text).need("a").need("x")

    [fault] = caught.value.faults
    assert (fault.path.name, fault.line) == ("document.yaml", line)
    assert message in fault.message
