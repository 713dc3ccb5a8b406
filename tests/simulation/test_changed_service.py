"""`waybill simulate` of a changed service: it follows, or says what it does not know."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import orders
from waybill.postgres.migrations import migrations_folder
from waybill_simulation.history import Outcome
from waybill_simulation.postgres.not_simulated import NotSimulatedError
from waybill_simulation.scenario import Scenario, draw
from waybill_simulation.shrink import shrink

WAYBILL = "from waybill_toolkit.cli import main; main()"
SETS_DETAIL = "rejection_detail = change.rejection_detail"


class Changed:
    """A copy of the orders service, which is imported in the place of the real one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._package = folder / "orders"
        ignored = shutil.ignore_patterns("__pycache__")  # others write there meanwhile
        shutil.copytree(Path(str(orders.__file__)).parent, self._package, ignore=ignored)
        shutil.copytree(migrations_folder(str(orders.__file__)), self._package / "migrations")

    def migrate(self, sql: str) -> None:
        (self._package / "migrations" / "0099_later.sql").write_text(sql)

    def edit(self, old: str, new: str) -> None:
        path = self._package / "store.py"
        source = path.read_text()
        assert old in source
        path.write_text(source.replace(old, new))

    def simulate(self, *options: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-c", WAYBILL, "simulate", "--workers", "1", *options],
            cwd=self._folder,
            env={**os.environ, "PYTHONPATH": str(self._folder)},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def changed(tmp_path: Path) -> Changed:
    return Changed(tmp_path)


def test_column_that_is_added_and_used_is_simulated(changed: Changed) -> None:
    changed.migrate(
        "ALTER TABLE orders ADD COLUMN moves integer NOT NULL DEFAULT 0 CHECK (moves < 20);"
        "CREATE INDEX orders_by_moves ON orders (moves) WHERE moves > 1;"
    )
    changed.edit(SETS_DETAIL, f"{SETS_DETAIL}, moves = orders.moves + 1")
    done = changed.simulate("--histories", "20")
    assert (done.returncode, done.stderr) == (0, "")
    assert "20 histories" in done.stdout
    assert "0 violated" in " ".join(done.stdout.split())


def test_constraint_of_a_migration_is_simulated(changed: Changed) -> None:
    changed.migrate("ALTER TABLE orders ADD CONSTRAINT never CHECK (status <> 'confirmed')")
    done = changed.simulate("--histories", "20")
    assert (done.returncode, done.stderr) == (0, "")
    assert "rejected" in done.stdout
    assert "confirmed" not in done.stdout


@pytest.mark.parametrize("options", [["--histories", "20"], ["--mutant", "inbox-forgotten"]])
def test_sql_that_is_not_simulated_ends_the_run_in_a_sentence(
    changed: Changed, options: list[str]
) -> None:
    changed.edit(SETS_DETAIL, "rejection_detail = initcap(change.rejection_detail)")
    done = changed.simulate(*options)
    assert done.returncode == 3
    assert done.stderr.startswith(
        "The simulated PostgreSQL does not know the function initcap, in `"
    )
    assert "(orders/store.py:" in done.stderr
    assert done.stderr.endswith("asks the real PostgreSQL, too.\n")
    assert done.stderr.count("\n") == 1
    assert "violated" not in done.stdout


def test_migration_that_is_not_simulated_is_named(changed: Changed) -> None:
    changed.migrate("CREATE UNIQUE INDEX one_open ON orders (lower(customer_ref))")
    done = changed.simulate("--histories", "20")
    assert done.returncode == 3
    assert done.stderr == (
        "The simulated PostgreSQL does not know the expression unique index one_open of orders"
        " (orders/migrations/0099_later.sql): add it to libs/simulation/src/waybill_simulation/"
        "postgres, with a test in tests/simulation that asks the real PostgreSQL, too.\n"
    )


def test_migration_that_postgresql_refuses_is_named(changed: Changed) -> None:
    changed.migrate("ALTER TABLE nowhere ADD COLUMN note text")
    done = changed.simulate("--histories", "20")
    assert done.returncode == 3
    assert done.stderr == 'orders/0099_later.sql failed: relation "nowhere" does not exist\n'


def test_smaller_scenario_that_is_not_simulated_does_not_count_as_failing() -> None:
    scenario = replace(draw(7), faults=())

    def run(candidate: Scenario) -> Outcome:
        raise NotSimulatedError(f"what {candidate.seed} sends")

    failed = Outcome(scenario, ("violated",), (), 0.0, 0, 0, ())
    assert shrink(failed, run, seconds=60.0) is failed
