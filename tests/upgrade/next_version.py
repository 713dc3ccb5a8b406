"""The next version of the tree, as there is no later release: a copy that has changed.

Orders accept, store, return and publish a gift note, as in the test of the tutorial. Every service
has migrations of each phase that comes before a contract step.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.tutorial.test_new_field import COPIED, ROOT, Tree

TABLES: Final[Mapping[str, tuple[str, str]]] = {
    "catalog": ("variants", "sku"),
    "identity": ("clients", "client_id"),
    "inventory": ("stock", "sku"),
    "orders": ("orders", "order_id"),
    "payments": ("payments", "payment_id"),
}
"""By service, a table with its key."""

STEPS: Final = {
    "expand": "alter table {table} add column next_note text;\n",
    "backfill": """\
-- phase: backfill
with batch as (
    select {key} from {table} where $1::text is null or {key}::text > $1
    order by {key}::text limit 100 for update
), changed as (
    update {table} set next_note = 'filled' where {key} in (select {key} from batch)
)
select max({key}::text) from batch;
""",
    "index": """\
-- phase: index
drop index concurrently if exists {table}_by_next_note;
create index concurrently {table}_by_next_note on {table} (next_note);
""",
}


def make_next_version(root: Path) -> Path:
    """Write the next version into an empty folder; returns its folder of services."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, root / name, ignore=ignored, symlinks=True)
        else:
            shutil.copy(source, root / name)
    for name in ("libs", "docs"):
        (root / name).symlink_to(ROOT / name)
    Tree(root).change()
    for service, (table, key) in TABLES.items():
        folder = root / "services" / service / "migrations"
        for phase, sql in STEPS.items():
            number = len(list(folder.glob("*.sql"))) + 1
            text = sql.format(table=table, key=key)
            (folder / f"{number:04}_next_{phase}.sql").write_text(text, encoding="utf-8")
    return root / "services"
