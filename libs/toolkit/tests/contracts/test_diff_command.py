"""`waybill contracts diff` in a temporary repository."""

import json
from pathlib import Path
from typing import Any

import pytest

from waybill_toolkit.testing.contract_edits import (
    SCHEMAS,
    Edit,
    both,
    copy,
    drop_field,
    field,
    put,
    remove,
)

from .git_work import Work

HTTP = "shop/openapi.yaml"
EVENTS = "shop/asyncapi.yaml"
GET_SALE = ("paths", "/v1/sales/{sale_id}", "get")
BREAKING = drop_field("Sold", "price")


def test_nothing_is_reported_when_nothing_changed(work: Work) -> None:
    code, output = work.diff("main")

    assert code == 0
    assert output.startswith("0 breaking and 0 safe changes since main (")


def test_a_breaking_change_fails_and_says_where_what_and_whom(work: Work) -> None:
    lines = (work.root / "contracts" / EVENTS).read_text().splitlines()
    line = next(number for number, text in enumerate(lines, 1) if text.strip().startswith("price:"))
    work.edit(EVENTS, BREAKING)

    code, output = work.diff("main")

    assert code == 1
    lines = output.splitlines()
    assert lines[0] == (
        f"main:contracts/{EVENTS}:{line}: breaking [field-removed] Sold.price is gone."
    )
    assert lines[1:3] == [
        "    in shop: shop.sold.v1",
        "    hits mail (receives shop.sold.v1)",
    ]
    assert lines[-1].startswith(f"contracts/{EVENTS} breaks 1.0.0.")
    assert lines[-1].endswith("or set info.version to 2.0.0.")


def test_a_safe_change_passes_and_is_reported(work: Work) -> None:
    work.edit(EVENTS, field("Sold", "shop", {"type": "string"}, required=False))

    code, output = work.diff("main")

    assert code == 0
    assert "safe [field-added] Sold.shop is new." in output


def test_a_breaking_change_passes_with_a_new_major_version(work: Work) -> None:
    work.edit(EVENTS, both(BREAKING, put("2.0.0", "info", "version")))

    code, output = work.diff("main")

    assert code == 0
    assert "breaking, allowed [field-removed]" in output


@pytest.mark.parametrize("version", ["1.1.0", "1.0.1", "1.0.0-rc.1", "0.9.0"])
def test_no_smaller_step_of_the_version_allows_for_it(work: Work, version: str) -> None:
    work.edit(EVENTS, both(BREAKING, put(version, "info", "version")))

    assert work.diff("main")[0] == 1


def test_the_version_of_one_contract_allows_for_nothing_in_another(work: Work) -> None:
    work.edit("shared/components.yaml", drop_field("Money", "currency"))
    work.edit(EVENTS, put("2.0.0", "info", "version"))

    code, output = work.diff("main")

    assert code == 1
    assert f"contracts/{HTTP} breaks" in output
    assert f"contracts/{EVENTS} breaks" not in output


@pytest.mark.parametrize(
    ("document", "edit"),
    [
        (
            HTTP,
            both(copy(("paths", "/v2/sales"), "paths", "/v1/sales"), remove("paths", "/v1/sales")),
        ),
        (
            EVENTS,
            both(
                put("shop.sold.v2", "components", "messages", "sold", "name"),
                put({"type": "integer"}, *SCHEMAS, "Sold", "properties", "units"),
            ),
        ),
    ],
    ids=["path", "event"],
)
def test_an_old_form_may_go_when_its_next_version_is_there(
    work: Work, document: str, edit: Edit
) -> None:
    work.edit(document, edit)

    code, output = work.diff("main")

    assert code == 0, output
    assert "breaking, allowed" in output


def test_json_says_the_same_to_programs(work: Work) -> None:
    work.edit(HTTP, remove("paths", "/v1/sales/{sale_id}"))

    code, output = work.diff("main", "--json")

    found: dict[str, Any] = json.loads(output)
    [change] = found["changes"]
    assert code == 1
    assert found["allowed"] is False
    assert found["new_versions_needed"] == {HTTP: {"version": "1.0.0", "needed": "2.0.0"}}
    assert change["rule"] == "operation-removed"
    assert (change["file"], change["side"]) == (f"contracts/{HTTP}", "before")
    assert change["subjects"] == [
        {"border": "http", "service": "shop", "name": "GET /v1/sales/{sale_id}"}
    ]
    assert change["hits"] == [{"service": "mail", "how": "calls", "what": "shop.get_sale"}]
    assert change["hits_clients"] is True


def test_clients_outside_are_not_hit_by_an_internal_operation(work: Work) -> None:
    work.edit(HTTP, put("yes", *GET_SALE, "x-internal"))
    work.commit()
    work.edit(HTTP, remove(*GET_SALE))

    _, output = work.diff("main")

    assert "hits mail (calls shop.get_sale)\n" in output


def test_everything_is_new_since_a_revision_without_contracts(work: Work) -> None:
    work.git("checkout", "--quiet", "--orphan", "empty")
    work.git("rm", "--quiet", "--cached", "-r", ".")
    work.git("commit", "--quiet", "--allow-empty", "--message", "Nothing")

    code, output = work.diff("empty")

    assert code == 0
    assert "0 breaking" in output
    assert "POST /v1/sales is new." in output


def test_unknown_revision_is_a_usage_error(work: Work) -> None:
    code, output = work.diff("gone")

    assert code == 2
    assert output.startswith("gone: ")


def test_an_option_is_no_revision(work: Work) -> None:
    assert work.diff("--", "--output=x")[0] == 2


def test_contracts_that_cannot_be_read_are_reported_with_file_and_line(work: Work) -> None:
    (work.root / "contracts" / HTTP).write_text("openapi: [", encoding="utf-8")

    code, output = work.diff("main")

    assert code == 1
    assert output.startswith(f"contracts/{HTTP}:1: this is no YAML")


def test_a_revision_that_cannot_be_read_is_reported_by_its_name(work: Work) -> None:
    whole = (work.root / "contracts" / HTTP).read_text()
    (work.root / "contracts" / HTTP).write_text("openapi: [", encoding="utf-8")
    work.commit()
    (work.root / "contracts" / HTTP).write_text(whole, encoding="utf-8")

    code, output = work.diff("main")

    assert code == 1
    assert output.startswith(f"main:contracts/{HTTP}:1: this is no YAML")


def test_a_revision_with_a_link_out_of_it_is_refused(work: Work) -> None:
    (work.root / "contracts" / "secret.yaml").symlink_to("/etc/passwd")
    work.commit()

    code, output = work.diff("main")

    assert code == 2
    assert output.startswith("main: contracts/ has a link that points outside")


@pytest.mark.parametrize("part", ["compare_http", "compare_events", "Wiring.hits"])
def test_a_gate_that_sees_nothing_is_found_by_its_canary(
    work: Work, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    work.edit(EVENTS, BREAKING)
    monkeypatch.setattr(f"waybill_toolkit.contracts.diff.judgement.{part}", lambda *_: ())

    code, output = work.diff("main")

    assert code == 1
    assert "failed its self-test" in output
    assert "its results cannot be trusted" in output


def test_a_gate_that_takes_everything_for_safe_is_found_by_its_canary(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("waybill_toolkit.contracts.diff.use.Use.breaks", lambda *_, **__: False)

    assert work.diff("main")[0] == 1


def test_a_gate_that_compares_a_folder_with_itself_is_found_by_its_canary(
    work: Work, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("waybill_toolkit.contracts.diff.canary.CANARY", tmp_path)

    assert work.diff("main")[0] == 1
