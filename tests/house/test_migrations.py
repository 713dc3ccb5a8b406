"""No migration makes others wait, or takes away what the running version needs.

squawk knows which statements of PostgreSQL do; the phase of a file says which of them it may have.
"""

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Final

import pytest
import yaml

from waybill.postgres.migration_files import Migration, Phase, read_series
from waybill.postgres.migrations import RUNTIME_FOLDER

ROOT: Final = Path(__file__).parents[2]
SQUAWK: Final = Path(sys.executable).with_name("squawk")
EXCEPTIONS: Final[dict[str, dict[str, str]]] = yaml.safe_load(
    Path(__file__).with_name("migration_exceptions.yaml").read_bytes()
)
ELSEWHERE: Final = (
    "require-lock-timeout",  # the runner sets it, and asks again
    "require-statement-timeout",
    "prefer-bigint-over-int",
    "prefer-bigint-over-smallint",
    "prefer-robust-stmts",
)
TAKEN_AWAY: Final = (
    "ban-drop-column",
    "ban-drop-table",
    "ban-drop-constraint",
    "adding-not-nullable-field",
)
"""What only a contract step may do: no version that needs it runs any more."""


def broken_rules(migration: Migration, path: Path) -> set[str]:
    allowed = [*ELSEWHERE, *(TAKEN_AWAY if migration.phase is Phase.CONTRACT else ())]
    command = [str(SQUAWK), "--reporter", "json", "--pg-version", "14"]
    if migration.phase in (Phase.EXPAND, Phase.CONTRACT):
        command.append("--assume-in-transaction")
    command += [f"--exclude={','.join(allowed)}", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return {each["rule_name"] for each in json.loads(done.stdout)}


def test_no_migration_locks_a_table_for_long_or_takes_away_what_is_needed() -> None:
    excused: dict[str, set[str]] = defaultdict(set)
    faults: dict[str, set[str]] = {}
    for folder in [RUNTIME_FOLDER, *sorted(ROOT.glob("services/*/migrations"))]:
        for migration in read_series(folder):
            rules = broken_rules(migration, folder / migration.file)
            excused[str(migration)] = rules & EXCEPTIONS.get(str(migration), {}).keys()
            if rules - excused[str(migration)]:
                faults[str(migration)] = rules - excused[str(migration)]
    assert faults == {}, "see docs/upgrading.md#write-a-migration"
    unused = {name: rules.keys() - excused[name] for name, rules in EXCEPTIONS.items()}
    assert not any(unused.values()), f"these exceptions are not needed any more: {unused}"


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("create index by_name on goods (name);", "require-concurrent-index-creation"),
        ("drop index by_name;", "require-concurrent-index-deletion"),
        ("alter table goods add column size int not null;", "adding-required-field"),
        ("alter table goods alter column id type text;", "changing-column-type"),
        ("alter table goods rename column name to title;", "renaming-column"),
        ("alter table goods rename to wares;", "renaming-table"),
        ("alter table goods drop column name;", "ban-drop-column"),
        ("drop table goods;", "ban-drop-table"),
        ("alter table goods alter column name set not null;", "adding-not-nullable-field"),
        ("alter table goods add constraint c check (id > 0);", "constraint-missing-not-valid"),
        (
            "alter table goods add constraint f foreign key (id) references other (id);",
            "adding-foreign-key-constraint",
        ),
        ("alter table goods add constraint u unique (name);", "disallowed-unique-constraint"),
        (
            "-- phase: contract\nalter table goods rename column name to title;",
            "renaming-column",
        ),
    ],
)
def test_sql_that_does_is_refused(tmp_path: Path, sql: str, rule: str) -> None:
    assert rule in rules_of(tmp_path, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "create table wares (id int primary key, name text); create index on wares (name);",
        "alter table goods add column size int not null default 0;",
        "alter table goods add constraint c check (id > 0) not valid;",
        "-- phase: contract\nalter table goods drop column name;",
        "-- phase: contract\nalter table goods validate constraint c;",
        "-- phase: index\ndrop index concurrently if exists i;create index concurrently i on g(n)",
    ],
)
def test_sql_that_does_not_is_accepted(tmp_path: Path, sql: str) -> None:
    assert rules_of(tmp_path, sql) == set()


def rules_of(tmp_path: Path, sql: str) -> set[str]:
    folder = tmp_path / "shop" / "migrations"
    folder.mkdir(parents=True)
    path = folder / "0001_change.sql"
    path.write_text(f"{sql}\n", "utf-8")
    [migration] = read_series(folder)
    return broken_rules(migration, path)
